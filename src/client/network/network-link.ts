import { sleep } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { ApiName, ResponseOf } from '../../protocol/messages/messages.ts'
import type { ApiRanges } from '../api-ranges.ts'
import { backoff } from '../backoff.ts'
import { ConnectionError } from '../broker-errors.ts'
import type { BrokerLink, LinkRequest } from '../broker-link.ts'
import { closedError } from '../link-transport.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { authenticate } from './authenticate.ts'
import { negotiate } from './handshake.ts'
import type { SaslMechanism } from './sasl/sasl-mechanism.ts'

/** The share of a session after which it is renewed: somewhere in between, as Kafka's clients do (KIP-368). */
const renewalMin = 0.85
const renewalMax = 0.95

export interface NetworkLinkOptions extends ConnectionOptions {
  readonly random: Random
  /** Undefined: the broker does not ask who this is. */
  readonly mechanism: SaslMechanism | undefined
}

/** A connection that is made when it is needed, and made again after it was lost: at once the first time, then with pauses. */
export class NetworkLink implements BrokerLink {
  readonly #options: NetworkLinkOptions
  readonly #closed = new AbortController()
  /** The one that is opened or used. */
  #connection: Connection | undefined
  /** Kept while it is connected, so that those who wait go on in their order. */
  #ready: Promise<void> | undefined
  #failures = 0
  #retryAt = 0
  #renewAt = Infinity
  ranges: ApiRanges | undefined

  constructor(options: NetworkLinkOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#connection?.isReady === true
  }

  connect(): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.reject(closedError())
    if (this.#connection?.isClosed === true) this.#ready = this.#connection = undefined
    this.#ready ??= this.#establish()
    return this.#ready
  }

  async #establish(): Promise<void> {
    const { clock, random } = this.#options
    try {
      const pause = this.#retryAt - clock.monotonic()
      if (pause > 0) await sleep(clock, pause, this.#closed.signal)
      if (this.#closed.signal.aborted) throw closedError()
      await this.#open()
      this.#failures = 0
    } catch (error) {
      this.#connection?.close(error as Error)
      this.#connection = undefined
      this.#ready = undefined
      this.#retryAt = clock.monotonic() + backoff(this.#failures++, random)
      throw error
    }
  }

  async #open(): Promise<void> {
    const { host, port, connectionTimeoutMs } = this.#options
    const connection = new Connection(this.#options)
    this.#connection = connection
    await connection.open()
    this.ranges = await negotiate(connection, `${host}:${port}`, connectionTimeoutMs)
    await this.#authenticate(connection)
    connection.isReady = true
  }

  async #authenticate(connection: Connection): Promise<void> {
    const { host, port, clock, random, mechanism, connectionTimeoutMs: timeoutMs } = this.#options
    if (mechanism === undefined) return
    const begun = clock.monotonic()
    const authentication = { clock, mechanism, ranges: this.ranges!, broker: `${host}:${port}`, timeoutMs }
    const lifetimeMs = await authenticate(connection, authentication)
    const share = renewalMin + (renewalMax - renewalMin) * random()
    this.#renewAt = lifetimeMs > 0 ? begun + lifetimeMs * share : Infinity
  }

  /** With the first request after most of the session's time is over; a connection that is not used needs none (KIP-368). */
  #renewIfDue(connection: Connection): void {
    if (this.#options.clock.monotonic() < this.#renewAt) return
    this.#renewAt = Infinity
    this.#authenticate(connection).catch((error: Error) => connection.close(error))
  }

  send<A extends ApiName>(request: LinkRequest<A>): Promise<ResponseOf<A>> {
    if (this.#connection === undefined) return Promise.reject(this.#closed.signal.aborted ? closedError() : lostError())
    this.#renewIfDue(this.#connection)
    return this.#connection.send(request)
  }

  close(): void {
    this.#closed.abort()
    this.#connection?.close(closedError())
  }
}

function lostError(): ConnectionError {
  return new ConnectionError('the connection was lost')
}
