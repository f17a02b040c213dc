import { sleep } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { ApiName, ResponseOf } from '../../protocol/messages/messages.ts'
import type { ApiRanges } from '../api-ranges.ts'
import { backoff } from '../backoff.ts'
import { ConnectionError } from '../broker-errors.ts'
import type { BrokerLink, LinkRequest } from '../broker-link.ts'
import { closedError } from '../link-transport.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { negotiate } from './handshake.ts'

export interface NetworkLinkOptions extends ConnectionOptions {
  readonly random: Random
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
    connection.isReady = true
  }

  send<A extends ApiName>(request: LinkRequest<A>): Promise<ResponseOf<A>> {
    if (this.#connection === undefined) return Promise.reject(this.#closed.signal.aborted ? closedError() : lostError())
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
