import { expect, test } from 'vitest'
import { bestThreshold, measure, type Judged } from '../../../../topologies/fraud-detection/metrics.ts'

const judged = (pairs: [number, number][]): Judged[] => pairs.map(([score, fraud]) => ({ score, fraud: fraud === 1 }))

test('frauds above everything else are a perfect ranking', () => {
  const perfect = measure(
    judged([
      [0.9, 1],
      [0.8, 1],
      [0.2, 0],
      [0.1, 0],
    ]),
    0.8,
  )
  expect(perfect).toEqual({ rocAuc: 1, averagePrecision: 1, precision: 1, recall: 1 })
})

test('the area counts the pairs in order, and a tie as half a pair', () => {
  // Pairs (fraud, genuine): 0.8 wins both; 0.4 ties with one and wins one.
  expect(
    measure(
      judged([
        [0.8, 1],
        [0.4, 1],
        [0.4, 0],
        [0.1, 0],
      ]),
      1,
    ).rocAuc,
  ).toBe(3.5 / 4)
  expect(
    measure(
      judged([
        [0.5, 1],
        [0.5, 0],
        [0.5, 0],
      ]),
      1,
    ).rocAuc,
  ).toBe(0.5)
})

test('average precision takes the precision at each fraud', () => {
  expect(
    measure(
      judged([
        [0.9, 1],
        [0.8, 0],
        [0.7, 1],
        [0.6, 0],
      ]),
      1,
    ).averagePrecision,
  ).toBeCloseTo((1 + 2 / 3) / 2, 12)
})

test('a score at the threshold is an alert', () => {
  expect(
    measure(
      judged([
        [0.9, 1],
        [0.5, 0],
        [0.5, 1],
        [0.1, 1],
      ]),
      0.5,
    ),
  ).toMatchObject({ precision: 2 / 3, recall: 2 / 3 })
})

test('without frauds, or without alerts, nothing is divided by 0', () => {
  expect(measure([], 0.5)).toEqual({ rocAuc: 0, averagePrecision: 0, precision: 0, recall: 0 })
  expect(measure(judged([[0.3, 0]]), 0.5)).toEqual({ rocAuc: 0, averagePrecision: 0, precision: 0, recall: 0 })
  expect(
    measure(
      judged([
        [0.3, 1],
        [0.2, 0],
      ]),
      0.5,
    ),
  ).toMatchObject({ precision: 0, recall: 0 })
})

test('the best threshold has the best balance of precision and recall', () => {
  // F1 at 0.9: 2/4; at 0.8: 4/5; at 0.3: 6/7; at 0.2: 6/8.
  expect(
    bestThreshold(
      judged([
        [0.9, 1],
        [0.8, 1],
        [0.3, 0],
        [0.3, 1],
        [0.2, 0],
      ]),
    ),
  ).toBe(0.3)
  expect(
    bestThreshold(
      judged([
        [0.9, 0],
        [0.2, 0],
      ]),
    ),
  ).toBe(1)
})
