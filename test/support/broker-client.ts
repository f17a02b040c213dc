import type { Duplex } from 'node:stream'
import { withDefaults } from '../../src/broker/server/with-defaults.ts'
import { messages, type ApiName, type NewRequest, type ResponseOf } from '../../src/protocol/messages/messages.ts'
import { encodeRequest } from '../../src/protocol/messages/request.ts'
import { decodeResponse, responseCorrelationId } from '../../src/protocol/messages/response.ts'
import { FrameSplitter } from '../../src/protocol/wire/frame-splitter.ts'

interface Waiting {
  resolve(message: Buffer): void
  reject(error: Error): void
}

/** Speaks to a broker in messages, one connection, nothing hidden: for tests of the broker. */
export class BrokerClient {
  readonly stream: Duplex
  readonly closed: Promise<void>
  readonly #splitter = new FrameSplitter(200 * 1024 * 1024)
  readonly #waiting: Waiting[] = []
  #correlationId = 0

  constructor(stream: Duplex) {
    this.stream = stream
    this.closed = new Promise((resolve) => stream.once('close', () => resolve()))
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => {
      for (const message of this.#splitter.push(chunk)) this.#waiting.shift()!.resolve(message)
    })
    stream.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection was closed'))
    })
  }

  /** Sends a request, with defaults for what is not given, and gives its answer, which has to come in its turn. */
  async send<A extends ApiName>(
    api: A,
    version: number,
    body: Partial<NewRequest<A>>,
    clientId: string | null = 'test',
  ): Promise<ResponseOf<A>> {
    const correlationId = this.#correlationId++
    const request = withDefaults(messages[api].request, body as Record<string, unknown>) as unknown as NewRequest<A>
    const message = await this.sendBytes(
      Buffer.concat(encodeRequest({ api, version, correlationId, clientId }, request)),
    )
    if (responseCorrelationId(message) !== correlationId)
      throw new Error(`answer ${responseCorrelationId(message)} came in the turn of ${correlationId}`)
    return decodeResponse(api, version, message)
  }

  /** Sends bytes and gives the next message that comes, without its size. */
  sendBytes(bytes: Buffer): Promise<Buffer> {
    if (this.stream.destroyed) return Promise.reject(new Error('the connection was closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.stream.write(bytes)
    })
  }

  close(): void {
    this.stream.destroy()
  }
}
