import { describe, expect, test } from 'vitest'
import {
  fingerprintOf,
  hopping,
  json,
  planTopology,
  session,
  sliding,
  string,
  topology,
  tumbling,
  type KStream,
  type Serde,
  type SessionWindowsOption,
  type SlidingWindowsOption,
  type TimeWindowsOption,
  type StreamsBuilder,
  type TopologyFingerprint,
  type TopologyOptions,
} from 'millrace'
import { incompatibilities, notesOn } from '../../../src/planner/compare-fingerprints.ts'
import { fingerprintHash } from '../../../src/planner/topology-fingerprint.ts'

const serdes = { key: string(), value: json<number>() }
type Stream = KStream<string, number>
type Declare = (builder: StreamsBuilder) => void

function fingerprint(
  declare: Declare,
  { counts = {}, optimization = 'none' }: { counts?: Record<string, number> } & TopologyOptions = {},
): TopologyFingerprint {
  const plan = planTopology(topology('shop', declare, { optimization }), { applicationId: 'app' })
  return fingerprintOf(plan, new Map(Object.entries(counts)))
}

const from = (use: (stream: Stream, builder: StreamsBuilder) => void): Declare => {
  return (builder) => use(builder.stream('in', serdes), builder)
}

const count = from((stream) => stream.groupByKey().count({ store: 'kept' }))
const summed = (value = json<number>()): Declare =>
  from((stream) => stream.groupByKey().reduce((all, one) => all + one, { store: 'kept', value }))
const windowed = (windows: TimeWindowsOption | SlidingWindowsOption | SessionWindowsOption): Declare =>
  from((stream) => (stream.groupByKey().windowedBy(windows as never) as any).count({ store: 'kept' }))
const versioned = (historyRetention: string): Declare => {
  return (builder) => builder.table('in', { ...serdes, store: 'kept', versioned: { historyRetention } as never })
}

/** `path: problem` of each. */
function between(was: TopologyFingerprint, is: TopologyFingerprint): readonly string[] {
  return incompatibilities(was, is).map(({ path, problem }) => `${path}: ${problem}`)
}

test('says of each store and repartition topic what its bytes depend on', () => {
  const declare = from((stream) => {
    const rekeyed = stream.selectKey((value) => String(value), { key: string() })
    rekeyed
      .groupByKey()
      .windowedBy(tumbling({ size: '1m', grace: '5s' }))
      .count({ store: 'kept' })
  })
  expect(fingerprint(declare, { counts: { 'app-kept-repartition': 4, 'app-kept-changelog': 4 } })).toEqual({
    stores: [
      {
        name: 'kept',
        kind: 'window',
        serdes: { key: 'string', value: 'safeInt64' },
        windows: { kind: 'time', sizeMs: 60_000, advanceMs: 60_000 },
        retentionMs: 65_000,
        changelogTopic: 'app-kept-changelog',
        reusesSource: false,
        partitions: 4,
        inputs: ['app-kept-repartition'],
      },
    ],
    repartitions: [{ topic: 'app-kept-repartition', serdes: { key: 'string', value: 'json' }, partitions: 4 }],
  })
})

test('is frozen; its hash knows nothing of partitions', () => {
  const made = fingerprint(count)
  for (const part of [made, made.stores, made.stores[0]!, made.stores[0]!.serdes])
    expect(Object.isFrozen(part)).toBe(true)
  expect(fingerprintHash(made)).toMatch(/^[0-9a-f]{8}$/)
  expect(fingerprintHash(fingerprint(count, { counts: { 'app-kept-changelog': 3 } }))).toBe(fingerprintHash(made))
  expect(fingerprintHash(fingerprint(summed()))).not.toBe(fingerprintHash(made))
})

describe('cannot run on what the other one wrote', () => {
  const own = { ...json<number>(), name: 'avro(Total)' }
  test.each<[string, Declare, Declare, string]>([
    [
      'another kind',
      count,
      windowed(tumbling({ size: 10, grace: 0 })),
      'its kind was key-value and is window; its windows were none and are time (sizeMs 10, advanceMs 10)',
    ],
    [
      'a versioned table',
      (builder) => builder.table('in', { ...serdes, store: 'kept' }),
      versioned('1h'),
      'its kind was key-value and is versioned',
    ],
    ['another serde', summed(), summed(own), 'the serde of its value was json and is avro(Total)'],
    [
      'another size',
      windowed(tumbling({ size: 10, grace: 0 })),
      windowed(tumbling({ size: 20, grace: 0 })),
      'its windows were time (sizeMs 10, advanceMs 10) and are time (sizeMs 20, advanceMs 20)',
    ],
    [
      'another advance',
      windowed(hopping({ size: 10, advance: 5, grace: 0 })),
      windowed(hopping({ size: 10, advance: 2, grace: 0 })),
      'its windows were time (sizeMs 10, advanceMs 5) and are time (sizeMs 10, advanceMs 2)',
    ],
    [
      'sliding instead of tumbling',
      windowed(tumbling({ size: 10, grace: 0 })),
      windowed(sliding({ difference: 10, grace: 0 })),
      'its windows were time (sizeMs 10, advanceMs 10) and are sliding (differenceMs 10)',
    ],
    [
      'another gap',
      windowed(session({ gap: 10, grace: 0 })),
      windowed(session({ gap: 11, grace: 0 })),
      'its windows were session (gapMs 10) and are session (gapMs 11)',
    ],
  ])('%s', (_, was, is, problem) => {
    expect(between(fingerprint(was), fingerprint(is))).toEqual([`store kept: ${problem}`])
    expect(between(fingerprint(is), fingerprint(was))).toHaveLength(1)
  })

  test('another partition count, which nobody can accept', () => {
    const [was, is] = [4, 6].map((partitions) => fingerprint(count, { counts: { 'app-kept-changelog': partitions } }))
    expect(between(was!, is!)).toEqual(['store kept: app-kept-changelog had 4 partitions and has 6'])
    expect(incompatibilities(was!, is!)[0]!.isAcceptable).toBe(false)
    expect(between(fingerprint(count), is!)).toEqual([])
  })

  test('other serdes of a repartition topic', () => {
    const grouped = (key: ReturnType<typeof string>): Declare =>
      from((stream) => stream.groupBy((value) => String(value), { key, name: 'by' }).count({ store: key.name }))
    expect(between(fingerprint(grouped(string())), fingerprint(grouped({ ...string(), name: 'own' })))).toEqual([
      'repartition topic app-by-repartition: the serde of its key was string and is own',
    ])
  })

  test('a table that is no longer restored from its topic', () => {
    const table: Declare = (builder) => builder.table('in', { ...serdes, store: 'kept' })
    const reused = fingerprint(table, { optimization: 'all' })
    expect(between(reused, fingerprint(table))[0]).toContain(
      'it was restored from in and would be from app-kept-changelog',
    )
    expect(between(fingerprint(table), reused)).toEqual([])
  })

  test('everything at once, and what to do about each', () => {
    const two = (windows: number, value: Serde<number>): Declare =>
      from((stream) => {
        stream.groupByKey().reduce((all, one) => all + one, { store: 'sums', value })
        stream
          .groupByKey()
          .windowedBy(tumbling({ size: windows, grace: 0 }))
          .count({ store: 'windows' })
      })
    const found = incompatibilities(fingerprint(two(10, json<number>())), fingerprint(two(20, own)))
    expect(found.map(({ path }) => path)).toEqual(['store sums', 'store windows'])
    for (const { remedy, topic } of found) expect(remedy).toContain(topic)
  })
})

describe('can run on what the other one wrote', () => {
  const more = from((stream, builder) => {
    stream.groupByKey().count({ store: 'kept' })
    stream.filter((value) => value > 1).to('big', serdes)
    stream.join(builder.table('table', { ...serdes, store: 'new' }), (left) => left).to('joined', serdes)
  })

  test('more operators and stores', () => {
    expect(between(fingerprint(count), fingerprint(more))).toEqual([])
    expect(notesOn(fingerprint(count), fingerprint(more))).toEqual([
      'store kept was filled from in and now from in, table',
    ])
  })

  test('fewer: what is left behind is said', () => {
    expect(between(fingerprint(more), fingerprint(count))).toEqual([])
    expect(notesOn(fingerprint(more), fingerprint(count))[0]).toBe(
      'store new is not kept any more; app-new-changelog is left as it is',
    )
  })

  test('another grace or retention, which is said too', () => {
    const [was, is] = [0, 5].map((grace) => fingerprint(windowed(tumbling({ size: 10, grace }))))
    expect(between(was!, is!)).toEqual([])
    expect(notesOn(was!, is!)[0]).toContain('kept entries for 10 ms and now for 15')
    expect(between(fingerprint(versioned('1h')), fingerprint(versioned('2h')))).toEqual([])
  })

  test('another window of a join or of dedupe: their stores hold records as they came', () => {
    const windows = (within: number): Declare =>
      from((stream, builder) => {
        stream.join(builder.stream('other', serdes), (left) => left, { within, grace: 0, name: 'pairs' })
        stream.dedupe({ id: (value) => value, within, name: 'once' })
      })
    expect(between(fingerprint(windows(10)), fingerprint(windows(20)))).toEqual([])
  })
})
