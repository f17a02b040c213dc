import type { CaseNode } from '../streams/case.ts'
import type { Candidate } from './generate.ts'

interface Exclusion {
  readonly reason: string
  readonly applies: (candidate: Candidate) => boolean
}

/** Known differences: a generated case that has one would only find it again. */
const exclusions: readonly Exclusion[] = [
  {
    // Jackson: LongNode(3) where it was computed, IntNode(3) where it was read, and never equal.
    reason: "the oracle's dedupe takes a computed number and the same number read from a store for two values",
    applies: ({ topology }) =>
      topology.some(
        (node) => node.op === 'process' && node['fn'] === 'dedupe' && above(node, topology).some(computesNumbers),
      ),
  },
]

export function above({ from = [] }: CaseNode, topology: readonly CaseNode[]): readonly CaseNode[] {
  const inputs = topology.filter(({ id }) => from.some((input) => input.split('.')[0] === id))
  return inputs.flatMap((input) => [input, ...above(input, topology)])
}

function computesNumbers({ op, fn, value }: CaseNode): boolean {
  const names = [fn, value].filter((name): name is string => typeof name === 'string')
  return op === 'count' || names.some((name) => /^(sum|sub|max|min|value\.(length|add|neg|mod))\b/.test(name))
}

export function excludedBecause(candidate: Candidate): string | undefined {
  return exclusions.find(({ applies }) => applies(candidate))?.reason
}
