import { durationMs, type Duration } from '../core/duration.ts'
import { TopologyError } from '../core/errors.ts'
import { streamRecord, type RecordMetadata, type StreamRecord } from '../core/stream-record.ts'
import type { TaskId } from '../core/task-id.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type {
  Cancellable,
  ForwardedRecord,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  PunctuationType,
  Punctuator,
} from '../topology/processor.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { processorStore } from './processor-store-views.ts'

export interface ProcessOptions {
  readonly supplier: ProcessorSupplier
  readonly stores: readonly StoreDeclaration[]
  /** The key may not change. */
  readonly valuesOnly: boolean
  /** What follows, in the order of the children. */
  readonly childNames: readonly string[]
}

/** What a task does for its processors. */
export interface ProcessorServices {
  readonly streamTimeMs: number
  readonly systemTimeMs: number
  schedule(punctuation: {
    readonly nodeName: string
    readonly intervalMs: number
    readonly type: PunctuationType
    readonly run: Punctuator
  }): Cancellable
  requestCommit(): void
}

export interface ProcessDeps {
  /** The task's store of that name. */
  readonly store: (name: string) => unknown
  readonly services: ProcessorServices
}

type ExpiringStore = Pick<KeyValueStore<unknown, unknown>, 'expire'>

/** Every processor that a task was given: a supplier that gives one out twice would mix the state of two tasks. */
const givenOut = new WeakSet<Processor>()

/** Runs a user's processor (Kafka Streams: KStreamImpl.process, processValues). Nothing is dropped: null keys and values reach it. */
export class ProcessOperator implements Operator, ProcessorContext {
  readonly #options: ProcessOptions
  readonly #services: ProcessorServices
  readonly #stores: ReadonlyMap<string, unknown>
  readonly #expiring: readonly ExpiringStore[]
  #context!: OperatorContext
  #processor!: Processor
  /** Of the record or punctuation in hand. */
  #timestamp = 0
  #record: StreamRecord | null = null

  constructor(options: ProcessOptions, deps: ProcessDeps) {
    this.#options = options
    this.#services = deps.services
    const calls = { now: () => this.#timestamp, tooLate: () => this.#context.drop('expired') }
    const stores = options.stores.map((declared) => [declared, deps.store(declared.name)] as const)
    this.#stores = new Map(
      stores.map(([declared, store]) => [declared.name, processorStore(declared, store, calls)] as const),
    )
    this.#expiring = stores.flatMap(([{ kind }, store]) => (kind === 'key-value' ? [store as ExpiringStore] : []))
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  /** @throws TopologyError when the supplier gives a processor that is in use */
  start(): void {
    this.#processor = this.#options.supplier()
    if (givenOut.has(this.#processor)) {
      throw this.#mistake('its supplier gave the same processor twice', 'return a new object from each call')
    }
    givenOut.add(this.#processor)
    this.#processor.init?.(this)
  }

  process(record: StreamRecord): void {
    this.#timestamp = record.timestamp
    this.#record = record
    try {
      this.#processor.process(record, this)
    } finally {
      this.#record = null
    }
  }

  /** Nobody is told: what follows from a missing entry is up to the processor. */
  expire(streamTime: number): void {
    for (const store of this.#expiring) store.expire?.(streamTime)
  }

  close(): void {
    this.#processor.close?.()
  }

  get taskId(): TaskId {
    return this.#context.taskId
  }

  get nodeName(): string {
    return this.#context.nodeName
  }

  get recordMetadata(): RecordMetadata | undefined {
    return this.#context.metadata
  }

  get currentStreamTimeMs(): number {
    return this.#services.streamTimeMs
  }

  get currentSystemTimeMs(): number {
    return this.#services.systemTimeMs
  }

  // What users call is bound, so that they may take it out of the context: `process(record, { forward })`.
  readonly forward = ({ key, value, timestamp, headers }: ForwardedRecord<unknown, unknown>, child?: string): void => {
    if (this.#options.valuesOnly && (this.#record === null || !Object.is(key, this.#record.key))) {
      const problem =
        this.#record === null ? 'it forwards where there is no record to take the key from' : 'it changes the key'
      throw this.#mistake(`${problem}, which processValues may not`, 'use process(), which repartitions where needed')
    }
    const record = streamRecord(key, value, timestamp, headers)
    if (child === undefined) this.#context.forward(record)
    else this.#context.forwardTo(this.#childIndex(child), record)
  }

  readonly store: ProcessorContext['store'] = ((declared: StoreDeclaration | string): unknown => {
    const name = typeof declared === 'string' ? declared : declared.name
    const store = this.#stores.get(name)
    if (store === undefined) throw this.#mistake(`it did not declare store ${name}`, 'name it in the `stores` option')
    return store
  }) as ProcessorContext['store']

  readonly schedule = (interval: Duration, type: PunctuationType, callback: Punctuator): Cancellable => {
    const { nodeName } = this
    const intervalMs = durationMs(interval, `interval of ${nodeName}`)
    if (intervalMs <= 0) throw this.#mistake(`interval is ${intervalMs} ms`, 'it must be above 0')
    const run = (timestamp: number): void => {
      this.#timestamp = timestamp
      callback(timestamp)
    }
    return this.#services.schedule({ nodeName, intervalMs, type, run })
  }

  readonly commit = (): void => {
    this.#services.requestCommit()
  }

  #childIndex(name: string): number {
    const { childNames } = this.#options
    const index = childNames.indexOf(name)
    if (index < 0)
      throw this.#mistake(`no ${name} follows it`, `what follows is named ${childNames.join(', ') || 'nothing'}`)
    return index
  }

  #mistake(problem: string, remedy: string): TopologyError {
    return new TopologyError([{ path: this.nodeName, problem, remedy }])
  }
}
