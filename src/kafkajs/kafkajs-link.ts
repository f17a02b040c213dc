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

/** A connection of KafkaJS; it reconnects and authenticates again when it is used. */
export class KafkaJsLink implements BrokerLink {
  readonly #address: string
  readonly #broker: KafkaJsBroker
  #connecting: Promise<void> | undefined
  #closed = false
  ranges: ApiRanges | undefined

  constructor(options: BrokerOptions) {
    this.#address = `${options.host}:${options.port}`
    this.#broker = createBroker(options)
  }

  get isConnected(): boolean {
    return !this.#closed && this.ranges !== undefined && this.#broker.isConnected()
  }

  connect(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.isConnected) return Promise.resolve()
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined))
    return this.#connecting
  }

  async #connect(): Promise<void> {
    try {
      await this.#broker.connect()
    } catch (error) {
      await this.#broker.disconnect().catch(() => {})
      throw this.#translate(error, 'connect to')
    }
    const versions = Object.entries(this.#broker.versions ?? {})
    this.ranges = new ApiRanges(
      this.#address,
      versions.map(([apiKey, range]) => ({ apiKey: Number(apiKey), ...range })),
    )
  }

  async send<A extends ApiName>({ api, version, body, timeoutMs }: LinkRequest<A>): Promise<ResponseOf<A>> {
    const frame = encodeRequest({ api, version, correlationId: 0, clientId: null }, body)
    const request = { apiKey: messages[api].key, apiVersion: version, apiName: api, timeoutMs }
    const raw = { ...request, body: Buffer.concat(frame).subarray(headerBytes) }
    try {
      return await sendRaw(this.#broker, raw, (data) => {
        const decoded = decodeResponse(api, version, Buffer.concat([noCorrelationId, data]))
        return { decoded, throttleTimeMs: (decoded as { throttleTimeMs?: number }).throttleTimeMs ?? 0 }
      })
    } catch (error) {
      throw this.#translate(error, `send ${api} to`)
    }
  }

  #translate(error: unknown, doing: string): Error {
    if (error instanceof MillraceError) return error
    const { message, name } = error as Error
    const why = `could not ${doing} the broker at ${this.#address}: ${message}`
    if (refusals.has(name))
      return new BrokerError('MILLRACE_AUTHENTICATION_FAILED', why, { retriable: false, cause: error })
    return new ConnectionError(why, error)
  }

  close(): void {
    this.#closed = true
    // What is under way has been told; the socket ends in the background.
    closeBroker(this.#broker, closedError()).catch(() => {})
  }
}

const refusals: ReadonlySet<string> = new Set(['KafkaJSSASLAuthenticationError'])
const noCorrelationId = Buffer.alloc(correlationIdBytes)
