import { describe, expect, test } from 'vitest'
import { countOf, json, session, sliding, string, tumbling, type StreamsBuilder } from 'millrace'
import { planned } from './plan-facts.ts'

const serdes = { key: string(), value: json<number>() }
const day = 86_400_000

function internalTopics(declare: (builder: StreamsBuilder) => void): Readonly<Record<string, unknown>> {
  const { internalTopics: topics } = planned(declare)
  return Object.fromEntries(
    topics.map(({ name, kind, subtopology, partitions, configs }) => [
      name,
      { kind, subtopology, partitions, ...configs },
    ]),
  )
}

test('repartition topics are never deleted by time, and keep the partition count that the user fixed', () => {
  const topics = internalTopics((builder) => {
    builder.stream('in', serdes).repartition({ name: 'spread', partitions: 12 }).to('out', serdes)
  })
  expect(topics).toEqual({
    'app-spread-repartition': {
      kind: 'repartition',
      subtopology: 1,
      partitions: 12,
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'segment.bytes': '52428800',
      'message.timestamp.type': 'CreateTime',
    },
  })
})

const changelog = (configs: object): object => ({
  kind: 'changelog',
  subtopology: 0,
  partitions: null,
  'message.timestamp.type': 'CreateTime',
  ...configs,
})
const compacted = changelog({ 'cleanup.policy': 'compact' })
const windowed = (retentionMs: number): object =>
  changelog({ 'cleanup.policy': 'compact,delete', 'retention.ms': `${retentionMs + day}` })

describe('changelogs', () => {
  test('of tables and suppress buffers are compacted', () => {
    const topics = internalTopics((builder) => {
      const counts = builder.stream('in', serdes).groupByKey().count({ store: 'counts' })
      counts.suppress({ until: 'time-limit', duration: 1, name: 'held' })
      builder.stream('in', serdes).toTable({ store: 'kept' })
    })
    expect(topics).toEqual({
      'app-counts-changelog': compacted,
      'app-held-store-changelog': compacted,
      'app-kept-changelog': compacted,
    })
  })

  test('of windows are also deleted, a day after the last window that needs them', () => {
    const topics = internalTopics((builder) => {
      const grouped = builder.stream('in', serdes).groupByKey()
      grouped.windowedBy(tumbling({ size: 1_000, grace: 100 })).count({ name: 'tumble' })
      grouped.windowedBy(sliding({ difference: 1_000, grace: 100 })).count({ name: 'slide' })
      grouped.windowedBy(session({ gap: 1_000, grace: 100 })).count({ name: 'session', retention: 5_000 })
      grouped.over({
        name: 'over',
        ranges: { a: 1_000, b: { range: 500, delay: 2_000 } },
        aggregate: countOf(),
        grace: 100,
      })
    })
    expect(topics).toEqual({
      'app-tumble-changelog': windowed(1_100),
      'app-slide-changelog': windowed(2_100),
      'app-session-changelog': windowed(5_000),
      'app-over-changelog': windowed(2_600),
    })
  })

  test('of a join of streams keep every record for its time; what is unmatched is compacted', () => {
    const topics = internalTopics((builder) => {
      const within = { before: 1_000, after: 500 }
      builder
        .stream('a', serdes)
        .leftJoin(builder.stream('b', serdes), (left) => left, { name: 'j', within, grace: 100 })
    })
    const side = changelog({ 'cleanup.policy': 'delete', 'retention.ms': `${1_600 + day}` })
    expect(topics).toEqual({
      'app-j-left-changelog': side,
      'app-j-right-changelog': side,
      'app-j-unmatched-changelog': compacted,
    })
  })

  test('an inner join keeps nothing unmatched', () => {
    const topics = internalTopics((builder) => {
      builder.stream('a', serdes).join(builder.stream('b', serdes), (left) => left, { name: 'j', within: 1, grace: 0 })
    })
    expect(Object.keys(topics)).toEqual(['app-j-left-changelog', 'app-j-right-changelog'])
  })
})

describe('co-partitioning', () => {
  const groups = (declare: (builder: StreamsBuilder) => void): unknown =>
    planned(declare).copartitionGroups.map(({ topics, nodeName }) => [nodeName, ...topics])

  test('what meets by key needs equal partition counts', () => {
    const declare = (builder: StreamsBuilder): void => {
      const a = builder.stream('a', serdes)
      const b = builder.stream('b', serdes)
      const table = builder.table('t', serdes)
      a.join(b, (left) => left, { name: 'streams', within: 1, grace: 0 })
      a.selectKey((_value, key) => key, { key: string() }).join(table, (left) => left, { name: 'table' })
      table.join(builder.table('u', serdes), (left) => left, { name: 'tables', value: json<number>() })
    }
    expect(groups(declare)).toEqual([
      ['streams', 'a', 'b'],
      ['table', 'app-table-repartition', 't'],
      ['tables', 't', 'u'],
    ])
  })

  test('topics that are merged before they are aggregated by key need them too', () => {
    const merged = (builder: StreamsBuilder) => builder.stream('a', serdes).merge(builder.stream(['b', 'c'], serdes))
    expect(groups((builder) => merged(builder).groupByKey().count({ name: 'counts' }))).toEqual([
      ['counts', 'a', 'b', 'c'],
    ])
    expect(groups((builder) => merged(builder).toTable({ name: 'latest' }))).toEqual([['latest', 'a', 'b', 'c']])
    expect(groups((builder) => merged(builder).repartition().groupByKey().count())).toEqual([])
    expect(groups((builder) => merged(builder).to('out', serdes))).toEqual([])
  })
})
