import {
  hopping,
  json,
  keyValueStore,
  nullable,
  session,
  sliding,
  string,
  sumOf,
  topology,
  tumbling,
  windowStore,
  type KeyValueStoreDeclaration,
  type KStream,
  type KTable,
  type StreamsBuilder,
  type Topology,
  type Windowed,
} from 'millrace'
import type { OperatorSpec } from '../../../src/planner/operator-spec.ts'

/*
 * For every kind of operator, the smallest topologies that contain it. Texts are keys and numbers values, or null. Inputs are
 * `one` and `two`; results go to topics that begin with `out`.
 */

/**
 * What a restart may change, by definition:
 * - `nothing`: state says all; any input.
 * - `lateness`: the operator's stream time starts anew (Kafka Streams: observedStreamTime is a field of the processor), so
 *   records that were too late are not, or results that wait for time wait for the next record. Nothing, in the order of time.
 * - `moments`: as `lateness`, and even in order the moment at which a result goes out: Kafka Streams' joins look for unmatched
 *   records at once after a restart (TimeTracker.minTime). The same results, each once.
 */
export type RestartLaw = 'nothing' | 'lateness' | 'moments'

/**
 * What holds when a crash kept the state and lost the offsets, so that records are processed again:
 * - `same`: repetition changes nothing: the same state, and the same last result for each key.
 * - `counted again`: the largest result of each key is not below what it were without the crash. Not the last one: a repeated
 *   record of a window that has expired meanwhile starts the window anew, as in Kafka Streams.
 * - `all come`: every result comes out, some more than once.
 */
export type RepeatLaw = 'same' | 'counted again' | 'all come'

export interface OperatorCase {
  readonly topology: Topology
  readonly restart: RestartLaw
  readonly repeat: RepeatLaw
}

type Stream = KStream<any, any>
type Table = KTable<any, any>

const serdes = { key: nullable(string()), value: nullable(json<number>()) }
const typed = { key: string(), value: json<number>() }
const plus = (a: number | null, b: number | null): number => (a ?? 0) + (b ?? 0)
const history = { versioned: { historyRetention: 20 } }
/** Entries with a ttl go by the task's stream time, which starts anew. */
const ttl = { ttl: 25 }

/** What `foreach` was called with; it has no other output. */
export const effects: string[] = []

function of(
  restart: RestartLaw,
  repeat: RepeatLaw,
  build: (one: Stream, builder: StreamsBuilder) => Stream | Table | null,
): OperatorCase {
  return {
    restart,
    repeat,
    topology: topology('case', (builder) => {
      const result = build(builder.stream('one', serdes), builder)
      if (result !== null) ('toStream' in result ? result.toStream() : result).to('out', typed)
    }),
  }
}

/** A table of `one`. */
function ofTtl(build: (one: Table, builder: StreamsBuilder) => Stream | Table, options: object = ttl): OperatorCase {
  return { ...ofTable(build, options), restart: 'lateness' }
}

/** A table of `one`. */
function ofTable(
  build: (one: Table, builder: StreamsBuilder) => Stream | Table,
  options: object = {},
  repeat: RepeatLaw = 'same',
): OperatorCase {
  return {
    restart: 'nothing',
    repeat,
    topology: topology('case', (builder) => {
      const result = build(builder.table('one', { ...serdes, ...options }), builder)
      ;('toStream' in result ? result.toStream() : result).to('out', typed)
    }),
  }
}

const two = (builder: StreamsBuilder, options: object = {}): Table => builder.table('two', { ...serdes, ...options })
const grouped = (stream: Stream) => stream.groupByKey(typed)
const flat = (table: KTable<Windowed<string>, number>): Stream =>
  table.toStream({ selectKey: (_value, { key, window }) => `${key} ${window.start} ${window.end}`, key: string() })
const window = { within: { before: 10, after: 5 }, grace: 3, key: string(), leftValue: typed.value }
const streams = (type: 'join' | 'leftJoin' | 'outerJoin') => (one: Stream, builder: StreamsBuilder) =>
  (one as any)[type](builder.stream('two', serdes), plus, { ...window, rightValue: typed.value })
const foreign = (value: number): string => 'abc'[value % 3]!

const streamJoins = [
  of('nothing', 'all come', streams('join')),
  of('moments', 'all come', streams('leftJoin')),
  of('moments', 'all come', streams('outerJoin')),
]
const tableJoins = [
  ofTable((one, builder) => one.join(two(builder), plus, { value: typed.value })),
  ofTable((one, builder) => one.leftJoin(two(builder), plus, { value: typed.value, store: 'joined' })),
  ofTable((one, builder) =>
    one.outerJoin(two(builder), plus, { value: typed.value }).filter((value) => value !== 3, { store: 'kept' }),
  ),
  ofTable((one, builder) => one.join(two(builder, history), plus, { value: typed.value }), history),
  ofTtl((one, builder) => one.join(two(builder, ttl), plus, { value: typed.value }), { ttl: 15 }),
  ofTtl((one, builder) => one.outerJoin(two(builder, ttl), plus, { value: typed.value, ttl: 10, store: 'joined' })),
]
const tableGroups = [
  ofTable((one) =>
    one.groupBy((value, key) => ({ key: value === 1 ? key : 'g', value }), typed).reduce(plus, (sum, x) => sum - x),
  ),
  ofTable((one) => one.groupBy((value) => ({ key: value === 2 ? null : 'g', value }) as never, typed).count()),
  ofTable((one) => one.groupBy((value, key) => ({ key: `${key}${value % 2}`, value }), typed).count(), history),
  ofTtl((one) => one.groupBy((value, key) => ({ key: `${key}${value % 2}`, value }), typed).count()),
  ofTtl((one) => one.groupBy((value) => ({ key: 'g', value }), typed).reduce(plus, (sum, x) => sum - x, { ttl: 10 })),
]
const foreignKeyJoins = [
  ofTable((one, builder) => one.joinByForeignKey(two(builder), foreign, plus, { value: typed.value })),
  ofTable((one, builder) => one.leftJoinByForeignKey(two(builder), foreign, plus, { value: typed.value, store: 'fk' })),
  ofTable(
    (one, builder) => one.leftJoinByForeignKey(two(builder, history), foreign, plus, { value: typed.value }),
    history,
  ),
  ofTtl((one, builder) => one.joinByForeignKey(two(builder, ttl), foreign, plus, { value: typed.value })),
]

const last = keyValueStore('last', typed)
const recent = keyValueStore('recent', { ...typed, ...ttl })
const seen = windowStore('seen', { ...typed, size: 10, retention: 40 })

function counted(one: Stream, last: KeyValueStoreDeclaration<string, number>): Stream {
  return one.process<string, number>(
    () => ({
      process({ key, value, timestamp, headers }, context) {
        if (key === null) return
        const sum = plus(context.store(last).get(key), value)
        context.store(last).put(key, sum)
        const start = timestamp - (timestamp % 10)
        const count = plus(context.store(seen).fetch(key, start), 1)
        context.store(seen).put(key, count, start)
        context.forward({ key, value: sum, timestamp, headers })
        context.forward({ key: `${key} ${start}`, value: count, timestamp, headers })
      },
    }),
    { stores: [last, seen], ...typed },
  )
}

/**
 * Holds every record back until the next punctuation. Where punctuations fall depends on when the processor was started, so
 * after a restart they fall elsewhere.
 */
function punctuated(one: Stream): Stream {
  return one.process<string, number>(
    () => ({
      init(context) {
        context.schedule(10, 'stream-time', () => {
          const held = [...context.store(last).all()].filter(([key]) => key !== 'count')
          for (const [id, timestamp] of held) {
            context.store(last).delete(id)
            context.forward({ key: id.split(' ')[0]!, value: timestamp, timestamp, headers: [] })
          }
        })
      },
      process({ key, timestamp }, context) {
        const count = plus(context.store(last).get('count'), 1)
        context.store(last).put('count', count)
        context.store(last).put(`${key} ${count}`, timestamp)
      },
    }),
    { stores: [last], ...typed },
  )
}

export const operatorCases: Readonly<Record<OperatorSpec['kind'], readonly OperatorCase[]>> = {
  fused: [
    of('nothing', 'same', (one) =>
      one
        .filter((value) => value !== 3)
        .map((value, key) => ({ key: value === 7 ? null : `${key}!`, value }), typed)
        .mapValues((value) => (value === 5 ? null : value), { value: typed.value })
        .peek((value, key) => void effects.push(`peek ${key}=${value}`))
        .selectKey((_value, key) => `${key}?`, { key: string() }),
    ),
  ],
  'flat-map': [
    of('nothing', 'same', (one) =>
      one.flatMap((value, key) => Array.from({ length: (value ?? 1) % 4 }, (_, at) => ({ key: `${key}${at}`, value }))),
    ),
  ],
  'flat-map-values': [of('nothing', 'same', (one) => one.flatMapValues((value) => [value, null, plus(value, 1)]))],
  foreach: [
    of('nothing', 'same', (one) => {
      one.foreach((value, key) => void effects.push(`foreach ${key}=${value}`))
      return one
    }),
  ],
  pass: [of('nothing', 'same', (one, builder) => one.merge(builder.stream('two', serdes)))],
  split: [
    of('nothing', 'same', (one) => {
      const { even, small, rest } = one.split([
        { name: 'even', when: (value) => value !== null && value % 2 === 0 },
        { name: 'small', when: (value) => (value ?? 9) < 5 },
        { name: 'rest' },
      ])
      small.to('out-small', typed)
      return rest.merge(even)
    }),
    of('nothing', 'same', (one) => one.split([{ name: 'a', when: (_value, key) => key === 'a' }]).a),
  ],
  'table-source': [
    ofTable((one) => one, { store: 'kept' }),
    ofTable((one) => one, history),
    ofTtl((one) => one),
    of('nothing', 'same', (one) => one.toTable(typed)),
    of('nothing', 'same', (one) =>
      one.toTable({ ...typed, store: 'kept' }).filter((value) => value > 2, { store: 'f' }),
    ),
  ],
  'table-filter': [
    ofTable((one) => one.filter((value) => value > 4)),
    ofTable((one) => one.filterNot((value) => value > 4, { store: 'kept' })),
    ofTable((one) => one.filter((value) => value > 4), history),
    ofTtl((one) => one.filter((value) => value > 4)),
    ofTtl((one) => one.filter((value) => value > 2, { ...ttl, store: 'kept' }), {}),
  ],
  'table-map-values': [
    ofTable((one) => one.mapValues((value) => (value === 2 ? null : value + 1), { value: typed.value })),
    ofTable((one) => one.mapValues((value) => value + 1, { value: typed.value, store: 'kept' })),
    ofTable((one) => one.mapValues((value) => value + 1, { value: typed.value }), history),
    ofTtl((one) => one.mapValues((value) => value + 1, { value: typed.value, ttl: 10, store: 'kept' })),
  ],
  'table-to-stream': [ofTable((one) => one.toStream({ selectKey: (value, key) => `${key}${value}`, key: string() }))],
  'table-join-side': tableJoins,
  'table-join-merge': tableJoins,
  'table-group': tableGroups,
  'table-aggregate': tableGroups,
  'stream-aggregate': [
    of('nothing', 'counted again', (one) => grouped(one).count()),
    of('nothing', 'counted again', (one) => grouped(one).reduce(plus)),
    of('lateness', 'counted again', (one) => grouped(one).reduce(plus, ttl)),
    of('nothing', 'counted again', (one) =>
      one
        .groupBy((value) => (value === null ? null : `${value % 3}`), typed)
        .aggregate(
          () => 0,
          (sum, value) => (value === 4 ? null : plus(sum, value)),
          { value: typed.value },
        ),
    ),
  ],
  'window-aggregate': [
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(tumbling({ size: 10, grace: 4 }))
          .count(),
      ),
    ),
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(hopping({ size: 10, advance: 3, grace: 4 }))
          .reduce(plus),
      ),
    ),
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(tumbling({ size: 10, grace: 4 }))
          .emitStrategy('window-close')
          .count(),
      ),
    ),
  ],
  'sliding-aggregate': [
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(sliding({ difference: 10, grace: 4 }))
          .count(),
      ),
    ),
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(sliding({ difference: 10, grace: 4 }))
          .emitStrategy('window-close')
          .count(),
      ),
    ),
  ],
  'session-aggregate': [
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(session({ gap: 4, grace: 6 }))
          .count(),
      ),
    ),
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(session({ gap: 4, grace: 6 }))
          .emitStrategy('window-close')
          .count(),
      ),
    ),
  ],
  suppress: [
    of('lateness', 'same', (one) => one.toTable(typed).suppress({ until: 'time-limit', duration: 6 })),
    of('lateness', 'same', (one) =>
      one.toTable({ ...typed, store: 'kept' }).suppress({ until: 'time-limit', duration: 30, maxRecords: 2 }),
    ),
    of('lateness', 'counted again', (one) =>
      flat(
        grouped(one)
          .windowedBy(tumbling({ size: 10, grace: 3 }))
          .count()
          .suppress({ until: 'window-close' }),
      ),
    ),
  ],
  dedupe: [
    of('nothing', 'all come', (one) =>
      one.filter((_, key) => key !== null).dedupe({ id: (value) => value, within: 6 }),
    ),
    of('nothing', 'all come', (one) => one.dedupe({ id: (value) => plus(value, 0) % 3, within: 4, late: 'drop' })),
  ],
  over: [
    of('nothing', 'counted again', (one) =>
      grouped(one)
        .over({
          ranges: { short: 10 },
          grace: 2,
          aggregate: sumOf((value: number) => value),
          where: (value) => value > 6,
        })
        .mapValues(({ over }) => over.short, { value: typed.value }),
    ),
    of('nothing', 'counted again', (one) =>
      grouped(one)
        .over({
          ranges: { short: 10, late: { range: 20, delay: 5 } },
          grace: 8,
          aggregate: sumOf((value: number) => value),
        })
        .mapValues(({ over }) => over.short * 100 + over.late, { value: typed.value }),
    ),
  ],
  'stream-join': streamJoins,
  'stream-table-join': [
    of('nothing', 'all come', (one, builder) => one.join(two(builder), plus)),
    of('nothing', 'all come', (one, builder) => one.leftJoin(two(builder, history), plus)),
  ],
  'stream-table-grace-join': [
    of('nothing', 'all come', (one, builder) => one.join(two(builder, history), plus, { ...typed, grace: 5 })),
    of('nothing', 'all come', (one, builder) => one.leftJoin(two(builder, history), plus, { ...typed, grace: 5 })),
  ],
  'stream-global-join': [
    of('nothing', 'all come', (one, builder) =>
      one.joinGlobal(builder.globalTable('two', serdes), (_value, key) => key, plus),
    ),
    of('nothing', 'all come', (one, builder) =>
      one.leftJoinGlobal(builder.globalTable('two', serdes), (value) => foreign(value ?? 0), plus),
    ),
  ],
  'foreign-key-subscribe': foreignKeyJoins,
  'foreign-key-receive': foreignKeyJoins,
  'foreign-key-update': foreignKeyJoins,
  'foreign-key-resolve': foreignKeyJoins,
  process: [
    of('nothing', 'counted again', (one) => counted(one, last)),
    of('lateness', 'counted again', (one) => counted(one, recent)),
    of('moments', 'all come', punctuated),
  ],
  sink: [
    of('nothing', 'same', (one) => {
      one.to((value, key) => `out-${key}-${value}`, typed)
      one.to('out-placed', { ...typed, partitioner: (value, _key, count) => (value ?? 0) % count })
      return one.repartition({ ...typed, name: 'through' })
    }),
  ],
}
