import { describe, expect, test } from 'vitest'
import { TopologyError } from '../../../src/core/errors.ts'
import type { CopartitionGroup, InternalTopic, Plan, Subtopology } from '../../../src/planner/plan.ts'
import { layoutTopics } from '../../../src/runtime/topic-layout.ts'
import { string } from '../../../src/serde/string.ts'

interface Shape {
  /** Sub-topologies: what each reads and writes. */
  readonly reads: readonly (readonly string[])[]
  readonly writes?: readonly (readonly string[])[]
  /** Repartition topics with their fixed count; changelogs with the sub-topology that they belong to. */
  readonly repartition?: Record<string, number | null>
  readonly changelogs?: Record<string, number>
  readonly groups?: readonly (readonly string[])[]
}

function planOf({ reads, writes = [], repartition = {}, changelogs = {}, groups = [] }: Shape): Plan {
  const text = string()
  const subtopologies = reads.map((topics, id): Subtopology => ({
    id,
    sources: topics.map((topic) => ({
      topic,
      nodeName: topic,
      key: text,
      value: text,
      timestamp: null,
      offsetReset: null,
      internal: topic in repartition,
    })),
    nodes: (writes[id] ?? []).map((topic) => ({
      name: `to-${topic}`,
      children: [],
      stores: [],
      operator: { kind: 'sink', topic, key: text, value: text, partitioner: null, dropNullKeys: false },
    })),
    stores: [],
  }))
  const internalTopics: InternalTopic[] = [
    ...Object.entries(repartition).map(([name, partitions]) => ({
      name,
      kind: 'repartition' as const,
      subtopology: 0,
      partitions,
      configs: {},
    })),
    ...Object.entries(changelogs).map(([name, subtopology]) => ({
      name,
      kind: 'changelog' as const,
      subtopology,
      partitions: null,
      configs: {},
    })),
  ]
  const copartitionGroups = groups.map((topics): CopartitionGroup => ({ topics, nodeName: 'the-join' }))
  const none = { globalTables: [], queryables: {} }
  return { topologyName: 't', applicationId: 't', subtopologies, internalTopics, copartitionGroups, ...none }
}

const layout = (shape: Shape, existing: Record<string, number>): Record<string, number> =>
  Object.fromEntries(layoutTopics(planOf(shape), new Map(Object.entries(existing))).partitionCounts)

function errorOf(shape: Shape, existing: Record<string, number>): TopologyError {
  try {
    layout(shape, existing)
  } catch (error) {
    if (error instanceof TopologyError) return error
    throw error
  }
  throw new Error('no error')
}

describe('derived counts', () => {
  test('a repartition topic is as wide as the widest source of those who write it, through other repartition topics', () => {
    const shape = {
      reads: [['a', 'b'], ['r1'], ['r2']],
      writes: [['r1'], ['r2'], []],
      repartition: { r2: null, r1: null },
      changelogs: { c: 2 },
    }
    expect(layout(shape, { a: 3, b: 5 })).toMatchObject({ r1: 5, r2: 5, c: 5 })
  })

  test('a fixed count wins and goes on downstream', () => {
    const shape = {
      reads: [['a'], ['r1'], ['r2']],
      writes: [['r1'], ['r2']],
      repartition: { r1: 2, r2: null },
      changelogs: { c: 1 },
    }
    expect(layout(shape, { a: 8 })).toMatchObject({ r1: 2, r2: 2, c: 2 })
  })

  test('a repartition topic takes the count of the topic that it meets', () => {
    const shape = { reads: [['a'], ['r', 'b']], writes: [['r']], repartition: { r: null }, groups: [['r', 'b']] }
    expect(layout(shape, { a: 8, b: 3 })).toMatchObject({ r: 3 })
  })

  test('repartition topics that meet take the larger count, or the fixed one', () => {
    const shape = (fixed: number | null): Shape => ({
      reads: [['a'], ['b'], ['r', 's']],
      writes: [['r'], ['s']],
      repartition: { r: fixed, s: null },
      groups: [['r', 's']],
    })
    expect(layout(shape(null), { a: 4, b: 7 })).toMatchObject({ r: 7, s: 7 })
    expect(layout(shape(2), { a: 4, b: 7 })).toMatchObject({ r: 2, s: 2 })
  })

  test('sub-topologies that feed each other settle', () => {
    const shape = { reads: [['a', 'r2'], ['r1']], writes: [['r1'], ['r2']], repartition: { r1: null, r2: null } }
    expect(layout(shape, { a: 6 })).toMatchObject({ r1: 6, r2: 6 })
  })
})

describe('mistakes', () => {
  test('all missing topics are named at once, sinks too, and what is known to mismatch', () => {
    const shape = { reads: [['a', 'b', 'c']], writes: [['out']], groups: [['a', 'b', 'c']] }
    const error = errorOf(shape, { a: 1, b: 2 })
    expect(error.code).toBe('MILLRACE_TOPIC_MISSING')
    expect(error.problems.map(({ path }) => path)).toEqual(['topic c', 'topic out', 'the-join'])
  })

  test('inputs that must match are named with their counts', () => {
    const error = errorOf({ reads: [['a', 'b']], groups: [['a', 'b']] }, { a: 4, b: 6 })
    expect(error.code).toBe('MILLRACE_PARTITIONS_MISMATCH')
    expect(error.message).toContain('a has 4 and b has 6')
  })

  test('a fixed repartition count that does not fit what it meets', () => {
    const shape = { reads: [['a'], ['r', 'b']], writes: [['r']], repartition: { r: 5 }, groups: [['r', 'b']] }
    expect(errorOf(shape, { a: 8, b: 3 }).message).toContain('r has 5 and b has 3')
  })

  test('an internal topic that exists with another count', () => {
    const shape = { reads: [['a'], ['r']], writes: [['r']], repartition: { r: null }, changelogs: { c: 1 } }
    const error = errorOf(shape, { a: 4, r: 4, c: 2 })
    expect(error.problems.map(({ path, problem }) => `${path}: ${problem}`)).toEqual([
      'changelog topic c: it has 2 partitions but needs 4',
    ])
  })
})
