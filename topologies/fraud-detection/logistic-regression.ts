/** Examples to learn from, one row of `width` numbers each in `values`, one after the other. */
export interface Examples {
  readonly width: number
  readonly values: Float64Array
  /** 1 for what is to be found, 0 for the rest; one per row. */
  readonly labels: Uint8Array
}

export interface FitOptions {
  /** How much a row of label 1 counts; the others count 1. */
  readonly positiveWeight: number
  /** Strength of the pull of the coefficients towards 0 (L2), per unit of total weight; the intercept is free. */
  readonly l2: number
}

export interface LogisticFit {
  readonly intercept: number
  readonly coefficients: readonly number[]
}

const iterationsMax = 100
const settledGain = 1e-14

/**
 * Logistic regression by Newton's method (iteratively reweighted least squares) from zero: no chance in it, so that the
 * same examples give the same fit. The columns are expected to be standardised, as L2 treats them alike.
 *
 * @throws Error when it does not settle, which L2 > 0 on standardised columns rules out in practice
 */
export function fitLogistic(examples: Examples, options: FitOptions): LogisticFit {
  // The last parameter is the intercept.
  let parameters = new Float64Array(examples.width + 1)
  let loss = lossAt(examples, parameters, options)
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    const step = newtonStep(examples, parameters, options)
    const next = descend(parameters, step, loss, (candidate) => lossAt(examples, candidate, options))
    // The loss is convex: where a Newton step gains nothing that its rounding would show, that is the optimum.
    if (loss - next.loss < settledGain)
      return { intercept: parameters[examples.width]!, coefficients: [...parameters.subarray(0, examples.width)] }
    parameters = next.parameters
    loss = next.loss
  }
  throw new Error(`the logistic regression did not settle within ${iterationsMax} steps; give it a higher l2`)
}

/** Far from the optimum a whole step can overshoot; half of it, often enough, cannot. */
function descend(
  from: Float64Array,
  step: Float64Array,
  loss: number,
  lossOf: (parameters: Float64Array) => number,
): { parameters: Float64Array<ArrayBuffer>; loss: number } {
  for (let size = 1; ; size /= 2) {
    const parameters = Float64Array.from(from, (value, index) => value + step[index]! * size)
    const next = lossOf(parameters)
    if (next <= loss || size < 1e-6) return { parameters, loss: next }
  }
}

function lossAt(examples: Examples, parameters: Float64Array, { positiveWeight, l2 }: FitOptions): number {
  const { width, values, labels } = examples
  let loss = 0
  let totalWeight = 0
  for (let row = 0; row < labels.length; row++) {
    const margin = linear(values, row * width, parameters) * (labels[row] === 1 ? 1 : -1)
    const weight = labels[row] === 1 ? positiveWeight : 1
    // log(1 + e^-margin), written so that it never overflows.
    loss += weight * (Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))))
    totalWeight += weight
  }
  return loss / totalWeight + (l2 / 2) * parameters.subarray(0, width).reduce((sum, value) => sum + value * value, 0)
}

/** The direction -H^-1 g of the loss at the parameters. */
function newtonStep(examples: Examples, parameters: Float64Array, { positiveWeight, l2 }: FitOptions): Float64Array {
  const { width, values, labels } = examples
  const size = width + 1
  const hessian = new Float64Array(size * size)
  const gradient = new Float64Array(size)
  const row = new Float64Array(size).fill(1)
  let totalWeight = 0
  for (let index = 0; index < labels.length; index++) {
    row.set(values.subarray(index * width, (index + 1) * width))
    const label = labels[index]!
    const weight = label === 1 ? positiveWeight : 1
    const probability = sigmoid(linear(values, index * width, parameters))
    addScaled(gradient, row, weight * (probability - label))
    addOuter(hessian, row, weight * probability * (1 - probability))
    totalWeight += weight
  }
  for (let i = 0; i < size; i++) {
    const pull = i < width ? l2 : 0
    gradient[i] = -(gradient[i]! / totalWeight + pull * parameters[i]!)
    for (let j = 0; j < size; j++) hessian[i * size + j]! /= totalWeight
    hessian[i * size + i]! += pull
  }
  return solve(hessian, gradient)
}

/** The value of the linear form on the row that starts at `start`. */
function linear(values: Float64Array, start: number, parameters: Float64Array): number {
  const width = parameters.length - 1
  let sum = parameters[width]!
  for (let i = 0; i < width; i++) sum += parameters[i]! * values[start + i]!
  return sum
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

function addScaled(sum: Float64Array, row: Float64Array, factor: number): void {
  for (let i = 0; i < row.length; i++) sum[i]! += factor * row[i]!
}

function addOuter(sum: Float64Array, row: Float64Array, factor: number): void {
  const size = row.length
  for (let i = 0; i < size; i++) {
    const scaled = factor * row[i]!
    for (let j = 0; j < size; j++) sum[i * size + j]! += scaled * row[j]!
  }
}

/** Solves A x = b for a symmetric positive definite A by Cholesky's decomposition, in place. */
function solve(a: Float64Array, b: Float64Array): Float64Array {
  const size = b.length
  const dot = (i: number, j: number, count: number): number => {
    let sum = 0
    for (let k = 0; k < count; k++) sum += a[i * size + k]! * a[j * size + k]!
    return sum
  }
  for (let j = 0; j < size; j++) {
    const pivot = Math.sqrt(a[j * size + j]! - dot(j, j, j))
    a[j * size + j] = pivot
    for (let i = j + 1; i < size; i++) a[i * size + j] = (a[i * size + j]! - dot(i, j, j)) / pivot
  }
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) b[i]! -= a[i * size + k]! * b[k]!
    b[i]! /= a[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) b[i]! -= a[k * size + i]! * b[k]!
    b[i]! /= a[i * size + i]!
  }
  return b
}
