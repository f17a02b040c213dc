import fc from 'fast-check'
import {
  combined,
  countOf,
  hopping,
  json,
  nullable,
  session,
  sliding,
  string,
  sumOf,
  topology,
  tumbling,
  type KStream,
  type KTable,
  type StreamsBuilder,
  type Topology,
  type Windowed,
} from 'millrace'

/*
 * Topologies made of the operators at random: all keys are texts and all values numbers or null, so that anything can
 * feed anything. Each step names the steps that feed it, so one more step changes none of the others.
 */

const serdes = { key: nullable(string()), value: nullable(json<number>()) }
const typed = { key: string(), value: json<number>() }

type Stream = KStream<any, any>
type Table = KTable<any, any>

export interface Step {
  readonly id: number
  readonly kind: string
  readonly inputs: readonly number[]
  /** Null: the step is left to name itself. */
  readonly name: string | null
}

interface Made {
  readonly stream?: Stream
  readonly table?: Table
}

/** How a step is built, and whether its output keeps to the order of time when its inputs do. */
interface StepKind {
  readonly takes: readonly ('stream' | 'ordered stream' | 'table' | 'ordered table')[]
  readonly gives: 'stream' | 'table'
  readonly ordered: boolean
  make(inputs: readonly Made[], options: { name?: string }): Stream | Table
}

const size = 10
const longGrace = '10d'
const plus = (a: number | null, b: number | null): number => ((a ?? 0) + (b ?? 0)) % 1_000
const grouped = (stream: Stream) => stream.groupByKey(typed)
const flat = (table: KTable<Windowed<string>, number>): Stream =>
  table
    .toStream({ selectKey: (_value, { key, window }) => `${key}@${window.start % 3}`, key: string() })
    .mapValues((value) => value, typed)
const stream = (
  gives: Omit<StepKind, 'gives' | 'takes' | 'make'>,
  make: (input: Stream, options: { name?: string }) => Stream | Table,
  takes: StepKind['takes'][0] = 'stream',
): StepKind => ({
  ...gives,
  gives: 'stream',
  takes: [takes],
  make: ([input], options) => make(input!.stream!, options),
})
const windowedCount =
  (windows: ReturnType<typeof tumbling> | ReturnType<typeof sliding>) =>
  (input: Stream, options: object): Stream =>
    flat(grouped(input).windowedBy(windows).count(options))
const join =
  (type: 'join' | 'leftJoin' | 'outerJoin', grace: 0 | typeof longGrace): StepKind['make'] =>
  ([left, right], options) =>
    (left!.stream! as any)[type](right!.stream!, plus, {
      within: { before: size, after: 5 },
      grace,
      key: string(),
      leftValue: typed.value,
      rightValue: typed.value,
      ...options,
    })
const tableJoin =
  (type: 'join' | 'leftJoin' | 'outerJoin'): StepKind['make'] =>
  ([left, right], options) =>
    left!.table![type](right!.table!, plus, { value: typed.value, ...options })

const kinds: Readonly<Record<string, StepKind>> = {
  filter: stream({ ordered: true }, (input, options) => input.filter((value) => value !== 3, options)),
  mapValues: stream({ ordered: true }, (input, options) =>
    input.mapValues((value) => (value === 5 ? null : plus(value, 1)), { ...options, value: typed.value }),
  ),
  selectKey: stream({ ordered: true }, (input, options) =>
    input.selectKey((value, key) => (value === 7 ? null : `${key}${(value ?? 0) % 2}`), { ...options, key: typed.key }),
  ),
  flatMap: stream({ ordered: true }, (input, options) =>
    input.flatMap(
      (value, key) => [
        { key, value },
        { key: 'b', value: plus(value, 2) },
      ],
      { ...options, ...typed },
    ),
  ),
  repartition: stream({ ordered: true }, (input, options) => input.repartition({ ...options, ...typed })),
  split: stream({ ordered: true }, (input, options) => {
    const { even, rest } = input.split(
      [{ name: 'even', when: (value) => (value ?? 1) % 2 === 0 }, { name: 'rest' }],
      options,
    )
    return rest.merge(even)
  }),
  count: stream({ ordered: true }, (input, options) =>
    grouped(input)
      .count(options)
      .toStream()
      .mapValues((value) => value, typed),
  ),
  aggregate: stream({ ordered: true }, (input, options) =>
    grouped(input)
      .aggregate(
        () => 0,
        (sum, value) => (value === 4 ? null : plus(sum, value)),
        { ...options, value: typed.value },
      )
      .toStream(),
  ),
  tumbling: stream({ ordered: false }, windowedCount(tumbling({ size, grace: longGrace }))),
  'tumbling in order': stream({ ordered: true }, windowedCount(tumbling({ size, grace: 0 })), 'ordered stream'),
  hopping: stream({ ordered: false }, windowedCount(hopping({ size, advance: 4, grace: longGrace }))),
  sliding: stream({ ordered: false }, windowedCount(sliding({ difference: size, grace: longGrace }))),
  'sliding in order': stream(
    { ordered: false },
    windowedCount(sliding({ difference: size, grace: 0 })),
    'ordered stream',
  ),
  session: stream({ ordered: false }, (input, options) =>
    flat(
      grouped(input)
        .windowedBy(session({ gap: 4, grace: longGrace }))
        .count(options),
    ),
  ),
  final: stream(
    { ordered: false },
    (input, options) =>
      flat(
        grouped(input)
          .windowedBy(tumbling({ size, grace: 3 }))
          .count(options)
          .suppress({ until: 'window-close' }),
      ),
    'ordered stream',
  ),
  over: stream({ ordered: true }, (input, options) =>
    grouped(input)
      .over({
        ...options,
        ranges: { short: size, late: { range: 20, delay: 5 } },
        grace: 8,
        aggregate: combined({ count: countOf(), sum: sumOf((value: number) => value) }),
      })
      .mapValues(({ over }) => plus(over.short.sum, over.late.count), typed),
  ),
  dedupe: stream({ ordered: true }, (input, options) =>
    input.dedupe({ ...options, ...typed, id: (value) => (value === null ? null : value % 3), within: 6 }),
  ),
  merge: {
    ordered: true,
    gives: 'stream',
    takes: ['stream', 'stream'],
    make: ([left, right], options) => left!.stream!.merge(right!.stream!, options),
  },
  'inner join': { ordered: true, gives: 'stream', takes: ['stream', 'stream'], make: join('join', longGrace) },
  'inner join in order': {
    ordered: true,
    gives: 'stream',
    takes: ['ordered stream', 'ordered stream'],
    make: join('join', 0),
  },
  'left join': {
    ordered: false,
    gives: 'stream',
    takes: ['ordered stream', 'ordered stream'],
    make: join('leftJoin', 0),
  },
  'outer join': {
    ordered: false,
    gives: 'stream',
    takes: ['ordered stream', 'ordered stream'],
    make: join('outerJoin', 0),
  },
  'table lookup': {
    ordered: true,
    gives: 'stream',
    takes: ['stream', 'table'],
    make: ([left, right], options) =>
      left!.stream!.leftJoin(right!.table!, plus, { key: string(), leftValue: typed.value, ...options }),
  },
  toTable: {
    ordered: true,
    gives: 'table',
    takes: ['stream'],
    make: ([input], options) => input!.stream!.toTable({ ...options, ...typed }),
  },
  toStream: {
    ordered: true,
    gives: 'stream',
    takes: ['table'],
    make: ([input], options) => input!.table!.toStream(options),
  },
  'table filter': {
    ordered: true,
    gives: 'table',
    takes: ['table'],
    make: ([input], options) => input!.table!.filter((value) => value % 3 > 0, options),
  },
  'table map': {
    ordered: true,
    gives: 'table',
    takes: ['table'],
    make: ([input], options) =>
      input!.table!.mapValues((value) => (value === 2 ? null : plus(value, 1)), { ...options, value: typed.value }),
  },
  'table join': { ordered: false, gives: 'table', takes: ['table', 'table'], make: tableJoin('join') },
  'table left join': { ordered: false, gives: 'table', takes: ['table', 'table'], make: tableJoin('leftJoin') },
  'table outer join': { ordered: false, gives: 'table', takes: ['table', 'table'], make: tableJoin('outerJoin') },
  'table aggregate': {
    ordered: false,
    gives: 'table',
    takes: ['table'],
    make: ([input], options) =>
      input!
        .table!.groupBy((value, key) => ({ key: value === 1 ? key : 'g', value }), typed)
        .reduce(
          (sum, x) => sum + x,
          (sum, x) => sum - x,
          options,
        ),
  },
  suppress: {
    ordered: false,
    gives: 'table',
    takes: ['ordered table'],
    make: ([input], options) => input!.table!.suppress({ until: 'time-limit', duration: 6, ...options }),
  },
}

/** The sources: steps 0 to 2. */
export const inputTopics = ['one', 'two', 'cards'] as const

/** Names are given to these, for two unnamed nodes of one kind on one input are a mistake. */
export function steps(options: {
  readonly max: number
  readonly named: fc.Arbitrary<boolean>
  readonly without?: readonly string[]
}): fc.Arbitrary<readonly Step[]> {
  const { max, named, without = [] } = options
  const usable = Object.keys(kinds).filter((kind) => !without.includes(kind))
  const raw = fc.record({ kind: fc.constantFrom(...usable), picks: fc.tuple(fc.nat(50), fc.nat(50)), named })
  return fc.array(raw, { minLength: 1, maxLength: max }).map((all) => {
    const made: Step[] = []
    for (const { kind, picks, named: isNamed } of all) {
      const step = resolved(made, { kind, picks, isNamed })
      if (step !== null) made.push(step)
    }
    return made
  })
}

/** Null when nothing can feed the step. */
export function resolved(
  made: readonly Step[],
  { kind, picks, isNamed }: { readonly kind: string; readonly picks: readonly number[]; readonly isNamed: boolean },
): Step | null {
  const id = 3 + made.length
  const inputs = kinds[kind]!.takes.map((what, at) => {
    const fitting = [...Array(id).keys()].filter((candidate) => fits(made, candidate, what))
    return fitting[picks[at]! % fitting.length]
  })
  if (inputs.includes(undefined)) return null
  return { id, kind, inputs: inputs as number[], name: isNamed ? `${kind.replaceAll(' ', '-')}-${id}` : null }
}

function fits(made: readonly Step[], id: number, what: string): boolean {
  const gives = id < 3 ? (id === 2 ? 'table' : 'stream') : kinds[made[id - 3]!.kind]!.gives
  return what.endsWith(gives) && (!what.startsWith('ordered') || isOrdered(made, id))
}

function isOrdered(made: readonly Step[], id: number): boolean {
  if (id < 3) return true
  const { kind, inputs } = made[id - 3]!
  return kinds[kind]!.ordered && inputs.every((input) => isOrdered(made, input))
}

/** @throws TopologyError when two unnamed steps would share a name */
export function built(made: readonly Step[], withSinks = true): Topology {
  return topology('random', (builder) => {
    const outputs = new Map<number, Made>(sources(builder))
    for (const step of made) {
      const { make, gives } = kinds[step.kind]!
      const options = step.name === null ? {} : { name: step.name }
      const output = make(
        step.inputs.map((input) => outputs.get(input)!),
        options,
      )
      outputs.set(step.id, gives === 'stream' ? { stream: output as Stream } : { table: output as Table })
    }
    if (!withSinks) return
    for (const [id, { stream, table }] of outputs) (stream ?? table!.toStream()).to(`out-${id}`, typed)
  })
}

function sources(builder: StreamsBuilder): [number, Made][] {
  return [
    [0, { stream: builder.stream('one', serdes) }],
    [1, { stream: builder.stream('two', serdes) }],
    [2, { table: builder.table('cards', serdes) }],
  ]
}
