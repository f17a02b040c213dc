import type { DeliveryFailed, GroupMetadata, OutgoingRecord, TransactionalProducerPort } from '../runtime/port.ts'
import type { TransactionalProducerOptions } from '../runtime/port.ts'
import type { KafkaErrorName } from '../protocol/kafka-error.ts'
import { isRetriable, kafkaErrorOf } from './broker-errors.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster.ts'
import { notAMember } from './group-errors.ts'
import type { Position } from './leader-epochs.ts'
import { Outbox } from './outbox.ts'
import { wasAborted, wrongState } from './transaction-errors.ts'
import { addOffsets, commitOffsetsWith, endTransaction, initTransactions } from './transaction-requests.ts'
import { TransactionSession } from './transaction-session.ts'

/** The group went on without the member, or is about to. */
const notAMemberErrors: ReadonlySet<KafkaErrorName | undefined> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
])

export function clientTransactionalProducer(
  client: ClientOptions,
  options: TransactionalProducerOptions,
): TransactionalProducerPort {
  return new TransactionalProducer(client, options)
}

type State = 'not connected' | 'ready' | 'open' | 'committing'

class TransactionalProducer implements TransactionalProducerPort {
  readonly #client: ClientOptions
  readonly #options: TransactionalProducerOptions
  readonly #outbox: Outbox
  #running: { readonly cluster: Cluster; readonly session: TransactionSession } | undefined
  #state: State = 'not connected'
  /** Groups whose offsets are in the transaction. */
  readonly #groups = new Set<string>()

  constructor(client: ClientOptions, options: TransactionalProducerOptions) {
    this.#client = client
    this.#options = options
    this.#outbox = new Outbox(client, options, options.transactionalId)
  }

  async connect(): Promise<void> {
    if (this.#running !== undefined) return
    const cluster = new Cluster(this.#client)
    await cluster.connect('connect the producer')
    const outbox = this.#outbox
    const session = new TransactionSession({
      ...this.#options,
      cluster,
      onChange: () => outbox.pump(),
    })
    this.#running = { cluster, session }
    try {
      await this.#renew()
    } catch (error) {
      this.#running = undefined
      await cluster.close()
      throw error
    }
    outbox.start(cluster, session)
    this.#state = 'ready'
  }

  /** The next epoch. */
  async #renew(): Promise<void> {
    const { cluster, session } = this.#running!
    const current = this.#state === 'not connected' ? undefined : session.identity
    session.adopt(await this.#ask('initialize transactions', () => initTransactions(cluster, this.#options, current)))
  }

  /** Tries as long as that can help; what ends the transaction or the producer is remembered. */
  async #ask<T>(doing: string, request: () => Promise<T>): Promise<T> {
    const { cluster, session } = this.#running!
    try {
      return await cluster.retry(doing, request)
    } catch (error) {
      const told = session.failed(error as Error)
      throw session.fatal ?? told
    }
  }

  begin(): void {
    this.#check('begin()', 'ready')
    this.#groups.clear()
    this.#running!.session.begin()
    this.#state = 'open'
  }

  send(record: OutgoingRecord, onFailed: DeliveryFailed): void {
    const session = this.#check('send()', 'open')
    if (session.failure !== undefined) onFailed(record, session.failure)
    else this.#outbox.add(record, onFailed)
  }

  async sendOffsets(offsets: readonly Position[], group: GroupMetadata): Promise<void> {
    const session = this.#check('sendOffsets()', 'open')
    if (session.failure !== undefined) throw session.failure
    if (offsets.length === 0) return
    const { cluster } = this.#running!
    session.hasBegun = true
    if (!this.#groups.has(group.groupId)) {
      await this.#ask('add offsets to the transaction', () => addOffsets(cluster, session.identity, group.groupId))
      this.#groups.add(group.groupId)
    }
    await this.#ask('commit offsets with the transaction', async () => {
      try {
        await commitOffsetsWith(cluster, session.identity, group, offsets)
      } catch (error) {
        if (notAMemberErrors.has(kafkaErrorOf(error))) throw notAMember(group, offsets, { cause: error })
        throw error
      }
    })
  }

  async commit(): Promise<void> {
    const session = this.#check('commit()', 'open', 'committing')
    this.#state = 'committing'
    await this.#outbox.flush()
    try {
      if (session.failure !== undefined) throw session.failure
      await this.#end(session, 'commit')
    } catch (error) {
      if (!isRetriable(error)) this.#state = 'open'
      throw error
    }
  }

  async abort(): Promise<void> {
    const session = this.#check('abort()', 'open')
    session.giveUp(wasAborted(this.#options.transactionalId))
    await this.#outbox.flush()
    await this.#end(session, 'abort')
  }

  async #end(session: TransactionSession, outcome: 'commit' | 'abort'): Promise<void> {
    if (session.fatal !== undefined) throw session.fatal
    const { cluster } = this.#running!
    if (session.hasBegun) {
      try {
        await cluster.retry(`${outcome} the transaction`, () => endTransaction(cluster, session.identity, outcome))
      } catch (error) {
        // It was not known yet that there is a transaction: nothing has to be aborted.
        const isMissing = outcome === 'abort' && kafkaErrorOf((error as Error).cause) === 'INVALID_TXN_STATE'
        if (!isMissing && !isRetriable(error)) session.failed(error as Error)
        if (!isMissing) throw session.fatal ?? error
      }
    }
    session.end()
    if (session.isStale) await this.#renew()
    this.#state = 'ready'
  }

  #check(call: string, ...states: readonly State[]): TransactionSession {
    const { transactionalId } = this.#options
    const session = this.#running?.session
    if (session?.fatal !== undefined) throw session.fatal
    if (session === undefined || !states.includes(this.#state))
      throw wrongState(transactionalId, call, says[this.#state])
    return session
  }

  async flush(): Promise<void> {
    await this.#outbox.flush()
  }

  hasRoom(): boolean {
    return this.#outbox.hasRoom()
  }

  room(): Promise<void> {
    return this.#outbox.room()
  }

  async close(): Promise<void> {
    if (this.#state === 'open' && this.#running?.session.fatal === undefined)
      // Whoever comes next aborts it too, and so does the coordinator in time.
      await this.abort().catch(() => {})
    await this.#outbox.close()
    await this.#running?.cluster.close()
  }
}

const says: Readonly<Record<State, string>> = {
  'not connected': 'it is not connected',
  ready: 'no transaction is open',
  open: 'a transaction is open',
  committing: 'the transaction is being committed, and only commit() may be called again',
}
