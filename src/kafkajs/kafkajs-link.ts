import type { Clock } from '../core/clock.ts'
import { BrokerError, MillraceError } from '../core/errors.ts'
import { encodeRequest } from '../protocol/messages/request.ts'
import { decodeResponse } from '../protocol/messages/response.ts'
import { messages, type ApiName, type ResponseOf } from '../protocol/messages/messages.ts'
import { ApiRanges } from '../client/api-ranges.ts'
import { ConnectionError } from '../client/broker-errors.ts'
import type { BrokerLink, LinkRequest } from '../client/broker-link.ts'
import { closedError } from '../client/link-transport.ts'
import { closeBroker, createBroker, sendRaw, type BrokerOptions, type KafkaJsBroker } from './kafkajs-library.ts'

/** Size, key, version, correlation id, and a client id that is null: KafkaJS writes these itself. */
const headerBytes = 14
const correlationIdBytes = 4

export interface KafkaJsLinkOptions extends BrokerOptions {
  readonly clock: Clock
}

/**
 * Connections of KafkaJS's, one after the other: one that was lost, or left somebody without an answer in time, is not used again.
 * `createBroker` says why.
 */
export class KafkaJsLink implements BrokerLink {
  readonly #options: KafkaJsLinkOptions
  readonly #address: string
  #broker: KafkaJsBroker | undefined
  #connecting: Promise<void> | undefined
  /** What ends each wait for the broker with an error. */
  readonly #waits = new Set<(error: Error) => void>()
  /** By the monotonic clock: KafkaJS holds requests back until then (KIP-219), which is no fault of the broker's. */
  #throttledUntil = 0
  #closed = false
  ranges: ApiRanges | undefined

  constructor(options: KafkaJsLinkOptions) {
    this.#options = options
    this.#address = `${options.host}:${options.port}`
  }

  get isConnected(): boolean {
    return this.#connecting === undefined && this.#broker?.isConnected() === true
  }

  connect(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.isConnected) return Promise.resolve()
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return this.#connecting
  }

  async #connect(): Promise<void> {
    const { connectionTimeoutMs, requestTimeoutMs } = this.#options
    const broker = this.#usableBroker()
    try {
      // The time for the socket, and that for the questions about versions and authentication.
      await this.#within(connectionTimeoutMs + requestTimeoutMs, 'connect to', broker.connect())
    } catch (error) {
      this.#drop(error as Error)
      throw error
    }
    const versions = Object.entries(broker.versions ?? {})
    this.ranges = new ApiRanges(
      this.#address,
      versions.map(([apiKey, range]) => ({ apiKey: Number(apiKey), ...range })),
    )
  }

  /** The one that there is when only its session has to be renewed. */
  #usableBroker(): KafkaJsBroker {
    if (this.#broker?.connectionPool.isConnected() === true) return this.#broker
    this.#drop(this.#lost())
    this.#broker = createBroker(this.#options)
    return this.#broker
  }

  async send<A extends ApiName>({ api, version, body, timeoutMs }: LinkRequest<A>): Promise<ResponseOf<A>> {
    if (this.#broker === undefined) throw this.#closed ? closedError() : this.#lost()
    const frame = encodeRequest({ api, version, correlationId: 0, clientId: null }, body)
    const request = { apiKey: messages[api].key, apiVersion: version, apiName: api }
    const raw = { ...request, body: Buffer.concat(frame).subarray(headerBytes) }
    const answer = sendRaw(this.#broker, raw, (data) => {
      const decoded = decodeResponse(api, version, Buffer.concat([noCorrelationId, data]))
      return { decoded, throttleTimeMs: this.#throttled(decoded) }
    })
    const held = Math.max(0, this.#throttledUntil - this.#options.clock.monotonic())
    return this.#within(held + timeoutMs, `send ${api} to`, answer)
  }

  #throttled({ throttleTimeMs = 0 }: { readonly throttleTimeMs?: number }): number {
    const until = this.#options.clock.monotonic() + throttleTimeMs
    this.#throttledUntil = Math.max(this.#throttledUntil, until)
    return throttleTimeMs
  }

  /** KafkaJS's promise with a time-out, which ends the connection: behind a lost answer there are no others. */
  #within<T>(ms: number, doing: string, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = (): void => this.#drop(this.#failure(doing, `no answer within ${ms} ms`))
      const timer = this.#options.clock.setTimer(ms, late)
      const fail = (error: Error): void => {
        settle()
        reject(this.#translate(error, doing))
      }
      const settle = (): void => {
        timer.cancel()
        this.#waits.delete(fail)
      }
      this.#waits.add(fail)
      work.then((result) => {
        settle()
        resolve(result)
      }, fail)
    })
  }

  #translate(error: Error, doing: string): Error {
    if (error instanceof MillraceError) return error
    if (!refusals.has(error.name)) return this.#failure(doing, error.message, error)
    const why = this.#failure(doing, error.message).message
    return new BrokerError('MILLRACE_AUTHENTICATION_FAILED', why, { retriable: false, cause: error })
  }

  #failure(doing: string, why: string, cause?: Error): ConnectionError {
    return new ConnectionError(`could not ${doing} the broker at ${this.#address}: ${why}`, cause)
  }

  #lost(): ConnectionError {
    return new ConnectionError(`the connection to the broker at ${this.#address} was lost`)
  }

  #drop(why: Error): void {
    const broker = this.#broker
    this.#broker = undefined
    for (const fail of this.#waits) fail(why)
    if (broker !== undefined) closeBroker(broker, why)
  }

  close(): void {
    this.#closed = true
    this.#drop(closedError())
  }
}

const refusals: ReadonlySet<string> = new Set(['KafkaJSSASLAuthenticationError'])
const noCorrelationId = Buffer.alloc(correlationIdBytes)
