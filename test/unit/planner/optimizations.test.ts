import { describe, expect, test } from 'vitest'
import {
  json,
  planTopology,
  string,
  topology,
  TopologyError,
  tumbling,
  type KStream,
  type Plan,
  type StreamsBuilder,
  type TopologyOptions,
} from 'millrace'
import { dropsNullKeys, stores, topics } from './plan-facts.ts'

const serdes = { key: string(), value: json<number>() }
const windows = { within: '1m', grace: 0 } as const
type Stream = KStream<string, number>
type Declare = (builder: StreamsBuilder) => void

function planned(declare: Declare, optimization: TopologyOptions['optimization']): Plan {
  return planTopology(topology('shop', declare, { optimization: optimization! }), { applicationId: 'app' })
}

const rekeyed = (use: (stream: Stream, builder: StreamsBuilder) => void): Declare => {
  return (builder) =>
    use(
      builder.stream('in', serdes).selectKey((value) => String(value), { key: string() }),
      builder,
    )
}

describe('what can be asked for', () => {
  const declare: Declare = (builder) => builder.stream('in', serdes).to('out', serdes)

  test('nothing by default; all; some, whatever their order', () => {
    expect(topology('shop', declare).optimizations).toEqual([])
    expect(topology('shop', declare, { optimization: 'none' }).optimizations).toEqual([])
    expect(topology('shop', declare, { optimization: 'all' }).optimizations).toHaveLength(3)
    const some = ['single.store.self.join', 'merge.repartition.topics'] as const
    expect(topology('shop', declare, { optimization: some }).optimizations).toEqual(some.toReversed())
  })

  test.each([['everything'], [['merge.repartition.topics', 'speed']], [7]])('%j is a mistake', (optimization) => {
    expect(() => topology('shop', declare, { optimization } as TopologyOptions)).toThrow(TopologyError)
  })
})

describe('merge.repartition.topics', () => {
  const merged = (use: (stream: Stream, builder: StreamsBuilder) => void): readonly string[] =>
    topics(planned(rekeyed(use), ['merge.repartition.topics']), 'repartition')
  const count = (stream: Stream, name: string): unknown => stream.groupByKey().count({ store: name })

  test('several users of one re-keyed stream share the topic of the first', () => {
    const use = (stream: Stream, builder: StreamsBuilder): void => {
      count(stream, 'one')
      stream
        .groupByKey()
        .windowedBy(tumbling({ size: '1m', grace: 0 }))
        .count({ store: 'two' })
      stream.toTable({ name: 'three' })
      stream.join(builder.table('table', serdes), (left) => left, { name: 'four' })
      stream.dedupe({ id: (value) => value, within: '1m', name: 'five' })
    }
    expect(merged(use)).toEqual(['app-one-repartition'])
    expect(topics(planned(rekeyed(use), 'none'), 'repartition')).toHaveLength(5)
  })

  test('what they join with is co-partitioned with the shared topic', () => {
    const plan = planned(
      rekeyed((stream, builder) => {
        count(stream, 'one')
        stream.join(builder.table('table', serdes), (left) => left, { name: 'two' })
      }),
      ['merge.repartition.topics'],
    )
    expect(plan.copartitionGroups).toEqual([{ topics: ['app-one-repartition', 'table'], nodeName: 'two' }])
  })

  test('filters, peeks and branches in between come behind the topic, with all that follows them', () => {
    const plan = planned(
      rekeyed((stream) => {
        count(stream, 'one')
        const even = stream.filter((value) => value % 2 === 0, { name: 'even' }).peek(() => {})
        const { low } = even.split([{ name: 'low', when: (value) => value < 10 }])
        count(low, 'two')
        even.to('evens', serdes)
      }),
      ['merge.repartition.topics'],
    )
    expect(topics(plan, 'repartition')).toEqual(['app-one-repartition'])
    const [before, behind] = plan.subtopologies
    expect(plan.subtopologies).toHaveLength(2)
    expect(before!.nodes.map(({ operator }) => operator.kind)).toEqual(['pass', 'fused', 'sink'])
    const sinks = behind!.nodes.flatMap(({ operator }) => (operator.kind === 'sink' ? [operator.topic] : []))
    expect(sinks).toEqual(['evens'])
    // What was moved may be there for records without a key.
    expect(dropsNullKeys(plan)).toEqual({ 'app-one-repartition': false })
  })

  test('records without a key are kept only where somebody has a use for them', () => {
    const plan = (last: (stream: Stream) => unknown): Plan =>
      planned(
        rekeyed((stream) => {
          count(stream, 'one')
          last(stream)
        }),
        ['merge.repartition.topics'],
      )
    expect(dropsNullKeys(plan((stream) => count(stream, 'two')))).toEqual({ 'app-one-repartition': true })
    const joined = plan((stream) => stream.leftJoin(stream, (left) => left, { ...windows, name: 'two' }))
    expect(dropsNullKeys(joined)).toEqual({ 'app-one-repartition': false })
  })

  test.each<[string, (stream: Stream) => Stream]>([
    ['mapValues', (stream) => stream.mapValues((value) => value, { value: json<number>() })],
    ['flatMapValues', (stream) => stream.flatMapValues((value) => [value], { value: json<number>() })],
    ['another change of the key', (stream) => stream.selectKey((value) => String(value), { key: string() })],
  ])('not through %s', (_, step) => {
    const found = merged((stream) => {
      count(stream, 'one')
      count(step(stream), 'two')
    })
    expect(found).toEqual(['app-one-repartition', 'app-two-repartition'])
  })

  test('not a repartition() that the user asked for, nor one user alone, nor a table', () => {
    const found = merged((stream, builder) => {
      stream.filter(() => true).repartition({ name: 'asked' })
      count(
        stream.filter(() => true),
        'alone',
      )
      builder
        .table('table', serdes)
        .groupBy((value, key) => ({ key, value }), serdes)
        .count({ store: 'grouped' })
    })
    expect(found).toEqual(['app-asked-repartition', 'app-alone-repartition', 'app-grouped-repartition'])
  })

  test('not where a processor changed the key: it may forward to a child by name', () => {
    const plan = planned((builder) => {
      const stream = builder.stream('in', serdes).process<string, number>(() => ({ process() {} }), serdes)
      count(stream, 'one')
      count(stream, 'two')
    }, 'all')
    expect(topics(plan, 'repartition')).toHaveLength(2)
  })

  test('not users that want the topic with other serdes', () => {
    const own = { ...string(), name: 'own' }
    const found = merged((stream) => {
      count(stream, 'one')
      stream.groupByKey({ key: own }).count({ store: 'two' })
      count(stream, 'three')
    })
    expect(found).toEqual(['app-one-repartition', 'app-two-repartition'])
  })

  test('users of a merged stream share a topic behind the merge', () => {
    const plan = planned(
      (builder) => {
        const change = (topic: string): Stream =>
          builder.stream(topic, serdes).selectKey((value) => String(value), { key: string() })
        const [left, right] = [change('left'), change('right')]
        count(left, 'left')
        const both = left.merge(right)
        count(both, 'one')
        count(
          both.filter(() => true),
          'two',
        )
      },
      ['merge.repartition.topics'],
    )
    expect(topics(plan, 'repartition')).toEqual(['app-left-repartition', 'app-one-repartition'])
  })
})

describe('single.store.self.join', () => {
  const joined = (plan: Plan): readonly string[] => stores(plan)

  const joins = {
    join: (stream: Stream) => stream.join(stream, () => 1, { ...windows, name: 'self' }),
    leftJoin: (stream: Stream) => stream.leftJoin(stream, () => 1, { ...windows, name: 'self' }),
    outerJoin: (stream: Stream) => stream.outerJoin(stream, () => 1, { ...windows, name: 'self' }),
  }

  test.each(Object.entries(joins))('%s with itself keeps the store of its left side', (_, join) => {
    const declare: Declare = (builder) => {
      join(builder.stream('in', serdes))
    }
    expect(joined(planned(declare, 'none'))).toContain('self-right')
    const plan = planned(declare, ['single.store.self.join'])
    expect(joined(plan)).not.toContain('self-right')
    expect(joined(plan)).toContain('self-left')
    expect(topics(plan, 'changelog')).not.toContain('app-self-right-changelog')
  })

  test('a re-keyed stream needs its topics merged to be one', () => {
    const declare = rekeyed((stream) => stream.join(stream, (left) => left, { ...windows, name: 'self' }))
    expect(joined(planned(declare, ['single.store.self.join']))).toEqual(['self-left', 'self-right'])
    expect(joined(planned(declare, 'all'))).toEqual(['self-left'])
  })

  test('two streams are two, also when they read one topic', () => {
    const declare: Declare = (builder) => {
      const stream = builder.stream('in', serdes)
      stream.join(
        builder.stream('in', serdes).filter(() => true),
        (left) => left,
        { ...windows, name: 'two' },
      )
    }
    expect(joined(planned(declare, 'all'))).toEqual(['two-left', 'two-right'])
  })
})

describe('reuse.ktable.source.topics', () => {
  const changelogs = (declare: Declare): readonly string[] => topics(planned(declare, 'all'), 'changelog')

  test('a table that is read from a topic has no changelog; what is computed keeps its own', () => {
    const found = changelogs((builder) => {
      const table = builder.table('table', { ...serdes, store: 'source' })
      builder.table('versions', { ...serdes, store: 'history', versioned: { historyRetention: '1h' } })
      table.filter(() => true, { store: 'filtered' })
      builder.stream('in', serdes).toTable({ store: 'made' })
    })
    expect(found).toEqual(['app-filtered-changelog', 'app-made-changelog'])
  })

  test('one that the app reads from the end keeps its changelog: its topic holds more than the table ever had', () => {
    const found = changelogs((builder) => {
      builder.table('table', { ...serdes, store: 'source', offsetReset: 'latest' })
    })
    expect(found).toEqual(['app-source-changelog'])
  })

  test('one with a time to live keeps its changelog: its topic holds what the table has forgotten', () => {
    const found = changelogs((builder) => {
      builder.table('table', { ...serdes, store: 'source', ttl: '1h' })
    })
    expect(found).toEqual(['app-source-changelog'])
  })

  test('the plan says where the store is restored from', () => {
    const plan = planned((builder) => {
      builder.table('table', { ...serdes, store: 'source' })
    }, 'all')
    expect(plan.subtopologies[0]!.stores[0]).toMatchObject({ changelogTopic: 'table', reusesSource: true })
  })
})
