import type { Case, CaseNode, CaseOutput } from './case.ts'

/** A case in which Kafka Streams loses data or dies, and Millrace does better on purpose. */
export interface DeliberateDifference {
  /** In docs/adr. */
  readonly adr: string
  readonly applies: (testCase: Case) => boolean
  /**
   * What comes out here instead: listed; or `more`, all that Kafka Streams puts out, in its order, and something between, which
   * is nothing but tombstones for `more-tombstones`; null where the cases differ too much to say it.
   */
  readonly outputs: Readonly<Record<string, readonly CaseOutput[]>> | 'more' | 'more-tombstones' | null
}

export const foreignKeyAdr = '0009-stale-answers-of-foreign-key-joins.md'

const deliberateDifferences: readonly DeliberateDifference[] = [
  {
    adr: '0006-final-results-are-not-lost.md',
    applies: ({ name }) => name === 'quirk-emit-close-gap-lost',
    outputs: {
      out: [
        { key: 'a@20/30', value: 1, timestamp: 20, in: 1 },
        { key: 'b@1000/1010', value: 1, timestamp: 1000, in: 2 },
        { key: 'b@1010/1020', value: 1, timestamp: 1011, in: 3 },
        { key: 'b@1020/1030', value: 1, timestamp: 1022, in: 4 },
      ],
    },
  },
  {
    adr: '0006-final-results-are-not-lost.md',
    applies: ({ config, topology }) =>
      config?.defaultRetention === true && topology.some((node) => node['emit'] === 'close'),
    outputs: 'more',
  },
  {
    adr: foreignKeyAdr,
    applies: ({ name }) => name === 'quirk-foreign-key-stale-answer',
    outputs: 'more-tombstones',
  },
  {
    adr: '0007-cogroup-of-rekeyed-streams.md',
    applies: ({ expected, topology }) =>
      expected.error?.phase === 'build' &&
      topology.some((node) => node.op === 'cogroup' && regrouped(node, topology) > 1),
    outputs: null,
  },
  {
    // What the library itself puts out without the optimization.
    adr: '0014-optimization-changes-no-result.md',
    applies: ({ name }) => name === 'quirk-optimized-self-join',
    outputs: {
      inner: [{ key: 'a', value: 'x+z', timestamp: 13, in: 2 }],
      left: [
        { key: 'a', value: 'x+x', timestamp: 10, in: 0 },
        { key: null, value: 'y+null', timestamp: 11, in: 1 },
        { key: 'a', value: 'z+x', timestamp: 13, in: 2 },
        { key: 'a', value: 'x+z', timestamp: 13, in: 2 },
        { key: 'a', value: 'z+z', timestamp: 13, in: 2 },
      ],
    },
  },
]

/** How many inputs of a cogroup were grouped by another key. */
function regrouped({ from }: CaseNode, topology: readonly CaseNode[]): number {
  return topology.filter(({ id, op }) => op === 'groupBy' && from?.includes(id)).length
}

export function deliberateDifferenceOf(testCase: Case): DeliberateDifference | undefined {
  return deliberateDifferences.find(({ applies }) => applies(testCase))
}
