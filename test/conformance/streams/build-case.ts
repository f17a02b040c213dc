import {
  hopping,
  keyValueStore,
  session,
  sliding,
  topology,
  tumbling,
  type CogroupedKStream,
  type KGroupedStream,
  type KGroupedTable,
  type KStream,
  type GlobalTable,
  type KTable,
  type Serde,
  type SessionWindowedCogroupedKStream,
  type SessionWindowedKStream,
  type TimeWindowedCogroupedKStream,
  type StreamsBuilder,
  type TimeWindowedKStream,
  type Duration,
  type Topology,
} from 'millrace'
import type { Case, CaseNode } from './case.ts'
import { counting, forgettingRepeats } from './processors.ts'
import * as fn from './functions.ts'
import type { Json } from './functions.ts'

/** Keys are text on the wire, windowed ones as `key@start/end`. */
export const keySerde: Serde<any> = {
  name: 'case key',
  serialize: (key) => Buffer.from(fn.keyText(key)!),
  deserialize: (bytes) => Buffer.from(bytes).toString(),
}

export const valueSerde: Serde<any> = {
  name: 'case value',
  serialize: (value) => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Json,
}

const serdes = { key: keySerde, value: valueSerde }

export type StoreKind = 'key-value' | 'plain' | 'window' | 'session'

export interface BuiltCase {
  readonly topology: Topology
  readonly stores: ReadonlyMap<string, StoreKind>
  readonly sinks: ReadonlySet<string>
}

/** An operator of a later issue: counts as failed, never as passed. */
export class NotSupported extends Error {}

type Made =
  | KStream<any, any>
  | KTable<any, any>
  | GlobalTable<any, any>
  | KGroupedStream<any, any>
  | KGroupedTable<any, any>
  | TimeWindowedKStream<any, any>
  | SessionWindowedKStream<any, any>
  | CogroupedKStream<any, any>
  | TimeWindowedCogroupedKStream<any, any>
  | SessionWindowedCogroupedKStream<any, any>

/** Builds a case with the public DSL, one node at a time. */
export function buildCase(testCase: Case): BuiltCase {
  const stores = new Map<string, StoreKind>()
  const sinks = new Set<string>()
  const joins = new Set<string>()
  const finals = new Set<string>()
  const finalRetention = testCase.config?.defaultRetention === true ? undefined : '36500d'
  const declare = (builder: StreamsBuilder): void => {
    const nodes = new Map<string, Made>()
    for (const node of testCase.topology)
      new CaseBuilder(builder, { nodes, stores, sinks, joins, finals, finalRetention }).add(node)
  }
  const optimization = testCase.config?.optimize === true ? 'all' : 'none'
  const built = topology(testCase.name, declare, { optimization })
  return { topology: built, stores, sinks }
}

interface BuildState {
  readonly nodes: Map<string, Made>
  readonly stores: Map<string, StoreKind>
  readonly sinks: Set<string>
  /** What tells unnamed joins of streams apart. */
  readonly joins: Set<string>
  /** Windowed nodes with `emit: close`. */
  readonly finals: Set<string>
  /** The oracle keeps these windows for 100 years, unless `config.defaultRetention`. */
  readonly finalRetention: Duration | undefined
}

class CaseBuilder {
  readonly #builder: StreamsBuilder
  readonly #state: BuildState

  constructor(builder: StreamsBuilder, state: BuildState) {
    this.#builder = builder
    this.#state = state
  }

  add(node: CaseNode): void {
    const made = this.#make(node)
    if (made !== undefined) this.#state.nodes.set(node.id, made)
  }

  #make(node: CaseNode): Made | undefined {
    switch (node.op) {
      case 'stream':
        return this.#builder.stream(node['topic'], { ...serdes, name: node.id })
      case 'table':
        return this.#builder.table(node['topic'], { ...serdes, name: node.id, ...this.#store(node) })
      case 'globalTable':
        return this.#builder.globalTable(node['topic'], { ...serdes, name: node.id, ...this.#store(node) })
      case 'joinGlobal':
        return this.#joinGlobal(node)
      case 'to':
        this.#state.sinks.add(node['topic'])
        this.#stream(node).to(node['topic'], { ...serdes, name: `${node.id}-to` })
        return undefined
      case 'split':
        return this.#split(node)
      case 'groupByKey':
        return this.#stream(node).groupByKey(serdes)
      case 'groupBy':
        return this.#groupBy(node)
      case 'cogroup':
        return this.#cogroup(node)
      case 'windowedBy':
        return this.#windowedBy(node)
      case 'count':
      case 'reduce':
      case 'aggregate':
        return this.#aggregate(node)
      case 'joinStreams':
      case 'joinTable':
      case 'joinTables':
        return this.#join(node)
      case 'fkJoin':
        return this.#foreignKeyJoin(node)
      case 'suppress':
        return this.#suppress(node)
      case 'process':
        return this.#process(node)
      default:
        return this.#stateless(node)
    }
  }

  #stateless(node: CaseNode): Made {
    const { id: name } = node
    if (node.from === undefined) throw new NotSupported(node.op)
    const from = this.#from(node)
    switch (node.op) {
      case 'filter':
      case 'filterNot':
        return (from as any)[node.op]((value: Json, key: unknown) => fn.test(node['fn'], key, value), {
          name,
          ...this.#store(node),
        })
      case 'mapValues':
        return (from as any).mapValues((value: Json, key: unknown) => fn.evaluate(node['fn'], key, value), {
          name,
          ...this.#store(node),
          value: valueSerde,
        })
      case 'map':
        return this.#stream(node).map(
          (value, key) => ({ key: keyOf(node['key'], key, value), value: fn.evaluate(node['value'], key, value) }),
          { name, ...serdes },
        )
      case 'selectKey':
        return this.#stream(node).selectKey((value, key) => keyOf(node['fn'], key, value), { name, key: keySerde })
      case 'flatMap':
        return this.#stream(node).flatMap(
          (value, key) =>
            fn.flat(node['fn'], value).map((part) => ({
              key: keyOf(node['key'] ?? 'key', key, part),
              value: fn.evaluate(node['value'] ?? 'value', key, part),
            })),
          { name, ...serdes },
        )
      case 'flatMapValues':
        return this.#stream(node).flatMapValues((value) => fn.flat(node['fn'], value), { name, value: valueSerde })
      case 'merge':
        return this.#stream(node).merge(this.#from(node, 1) as KStream<any, any>, { name })
      case 'repartition':
        return this.#stream(node).repartition({ name, ...serdes })
      case 'toTable':
        return this.#stream(node).toTable({ name, ...serdes, ...this.#store(node) })
      case 'toStream': {
        const selectKey = (value: Json, key: unknown): string | null => keyOf(node['key'], key, value)
        return node['key'] == null
          ? this.#table(node).toStream({ name })
          : this.#table(node).toStream({ name, selectKey, key: keySerde })
      }
      default:
        throw new NotSupported(node.op)
    }
  }

  #split(node: CaseNode): undefined {
    const branches = (node['branches'] as { name: string; fn: string }[]).map((branch) => ({
      name: branch.name,
      when: (value: Json, key: unknown) => fn.test(branch.fn, key, value),
    }))
    const rest = node['default'] == null ? [] : [{ name: node['default'] as string }]
    for (const [name, stream] of Object.entries(this.#stream(node).split([...branches, ...rest], { name: node.id }))) {
      this.#state.nodes.set(`${node.id}.${name}`, stream as KStream<any, any>)
    }
  }

  #groupBy(node: CaseNode): Made {
    const from = this.#from(node)
    if ('groupByKey' in from) return this.#stream(node).groupBy((value, key) => keyOf(node['key'], key, value), serdes)
    return this.#table(node).groupBy(
      (value, key) => ({
        key: keyOf(node['key'], key, value),
        value: fn.evaluate(node['value'] ?? 'value', key, value),
      }),
      serdes,
    )
  }

  #cogroup(node: CaseNode): Made {
    const [first, ...others] = (node['fns'] as string[]).map(
      (f) =>
        (aggregate: Json, value: Json): Json =>
          fn.aggregate(f, aggregate, value),
    )
    let made = (this.#from(node) as KGroupedStream<any, any>).cogroup(first!)
    for (const [index, aggregator] of others.entries())
      made = made.cogroup(this.#from(node, index + 1) as KGroupedStream<any, any>, aggregator)
    return made
  }

  #windowedBy(node: CaseNode): Made {
    const windowed = this.#windows(node)
    if (node['emit'] !== 'close') return windowed
    this.#state.finals.add(node.id)
    return windowed.emitStrategy('window-close')
  }

  #windows(node: CaseNode): TimeWindowedKStream<any, any> | SessionWindowedKStream<any, any> {
    const grouped = this.#from(node) as KGroupedStream<any, any>
    const {
      size,
      advance,
      gap,
      grace = 0,
    } = node as unknown as { size: number; advance?: number; gap: number; grace?: number }
    switch (node['type']) {
      case 'tumbling':
        return grouped.windowedBy(tumbling({ size, grace }))
      case 'hopping':
        return grouped.windowedBy(hopping({ size, advance: advance ?? size, grace }))
      case 'sliding':
        return grouped.windowedBy(sliding({ difference: size, grace }))
      default:
        return grouped.windowedBy(session({ gap, grace }))
    }
  }

  #aggregate(node: CaseNode): Made {
    const from = this.#from(node)
    const windowed = !('windowedBy' in from) && !isGroupedTable(from)
    const isSession = from.constructor.name.startsWith('SessionWindowed')
    const { finals, finalRetention } = this.#state
    const retention = finals.has(node.from![0]!) && finalRetention !== undefined ? { retention: finalRetention } : {}
    const options = {
      name: node.id,
      ...retention,
      ...this.#store(node, windowed ? (isSession ? 'session' : 'window') : 'key-value'),
    }
    const f = node['fn'] as string
    const add = (aggregate: Json, value: Json): Json => fn.aggregate(f, aggregate, value)
    const adder = (aggregate: Json, value: Json): Json => fn.reduce(f, aggregate, value)
    if (node.op === 'count') return (from as KGroupedStream<any, any>).count(options)
    if (isGroupedTable(from)) {
      if (node.op === 'reduce')
        return from.reduce(adder, (aggregate, old) => fn.unreduce(f, aggregate, old), { ...options, value: valueSerde })
      return from.aggregate(
        () => fn.initial(f),
        add,
        (aggregate, old) => fn.disaggregate(f, aggregate, old),
        { ...options, value: valueSerde },
      )
    }
    if (node.op === 'reduce') return (from as KGroupedStream<any, any>).reduce(adder, { ...options, value: valueSerde })
    const merger = (left: Json, right: Json): Json => fn.mergeSessions(f, left, right)
    if (from.constructor.name.includes('Cogrouped')) {
      const functions = isSession ? [() => fn.initial(f), merger] : [() => fn.initial(f)]
      return (from as any).aggregate(...functions, { ...options, value: valueSerde })
    }
    if (isSession)
      return (from as SessionWindowedKStream<any, any>).aggregate(() => fn.initial(f), add, merger, {
        ...options,
        value: valueSerde,
      })
    return (from as KGroupedStream<any, any>).aggregate(() => fn.initial(f), add, { ...options, value: valueSerde })
  }

  #join(node: CaseNode): Made {
    const method = node['type'] === 'inner' ? 'join' : `${node['type']}Join`
    const joiner = (left: Json, right: Json, key: unknown): Json => fn.join(node['fn'], key, left, right)
    const options = {
      joinStreams: {
        within: { before: node['before'], after: node['after'] },
        grace: node['grace'] ?? 0,
        key: keySerde,
        leftValue: valueSerde,
        rightValue: valueSerde,
      },
      joinTable: {
        key: keySerde,
        leftValue: valueSerde,
        ...(node['grace'] === undefined ? {} : { grace: node['grace'] }),
      },
      joinTables: { value: valueSerde, ...this.#store(node) },
    }[node.op]
    // The oracle's joins have no names, so those of one re-keyed stream read one repartition topic; named ones would not.
    const name = node.op === 'joinTables' || this.#isRepeated(node) ? { name: node.id } : {}
    return (this.#from(node) as any)[method](this.#from(node, 1), joiner, { ...name, ...options })
  }

  /** Two equal joins would keep their state under one name. */
  #isRepeated({ from, op, type }: CaseNode): boolean {
    const join = [op, type, ...from!].join(' ')
    if (this.#state.joins.has(join)) return true
    this.#state.joins.add(join)
    return false
  }

  #joinGlobal(node: CaseNode): Made {
    const method = node['type'] === 'inner' ? 'joinGlobal' : 'leftJoinGlobal'
    return this.#stream(node)[method](
      this.#from(node, 1) as GlobalTable<any, any>,
      (value: Json, key: unknown) => keyOf(node['key'], key, value),
      (left: Json, right: Json, key: unknown) => fn.join(node['fn'], key, left, right),
      { name: node.id },
    )
  }

  #foreignKeyJoin(node: CaseNode): Made {
    const method = node['type'] === 'inner' ? 'joinByForeignKey' : 'leftJoinByForeignKey'
    return this.#table(node)[method](
      this.#from(node, 1) as KTable<any, any>,
      (value: Json, key: unknown) => keyOf(node['fk'], key, value),
      (left: Json, right: Json, key: unknown) => fn.join(node['fn'], key, left, right),
      { name: node.id, value: valueSerde, leftValue: valueSerde, rightValue: valueSerde, ...this.#store(node) },
    )
  }

  #process(node: CaseNode): Made {
    const { id: name } = node
    const from = this.#stream(node)
    if (node['fn'] !== 'dedupe') {
      const type = node['fn'] === 'punctuateStream' ? 'stream-time' : 'wall-clock-time'
      return from.process(counting(type, node['interval']), { name, ...serdes })
    }
    this.#state.stores.set(node['store'], 'plain')
    const store = keyValueStore<any, any>(node['store'], serdes)
    return from.process(forgettingRepeats(store), { name, stores: [store], ...serdes })
  }

  #suppress(node: CaseNode): Made {
    const table = this.#table(node)
    if (node['until'] === 'windowClose') return table.suppress({ until: 'window-close', name: node.id } as never)
    const limits =
      node['maxRecords'] === undefined
        ? {}
        : ({ maxRecords: node['maxRecords'], onFull: node['onFull'] === 'shutdown' ? 'fail' : 'emit' } as const)
    return table.suppress({ until: 'time-limit', duration: node['ms'], name: node.id, ...limits })
  }

  #store(node: CaseNode, kind: StoreKind = 'key-value'): { store?: string; versioned?: { historyRetention: number } } {
    const versioned = node['versioned'] === undefined ? {} : { versioned: { historyRetention: node['versioned'] } }
    if (node['store'] == null) return versioned
    this.#state.stores.set(node['store'], kind)
    return { store: node['store'], ...versioned }
  }

  #from(node: CaseNode, index = 0): Made {
    const made = this.#state.nodes.get(node.from![index]!)
    if (made === undefined) throw new Error(`no node ${node.from![index]}`)
    return made
  }

  #stream(node: CaseNode): KStream<any, any> {
    return this.#from(node) as KStream<any, any>
  }

  #table(node: CaseNode): KTable<any, any> {
    return this.#from(node) as KTable<any, any>
  }
}

function isGroupedTable(made: Made): made is KGroupedTable<any, any> {
  return made.constructor.name === 'KGroupedTable'
}

function keyOf(expression: string, key: unknown, value: Json): string | null {
  const result = fn.evaluate(expression, key, value)
  return result === null ? null : fn.str(result)
}
