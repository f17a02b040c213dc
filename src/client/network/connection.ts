/*
 * One connection: requests go out as they come, answers come back in their order. Whatever is wrong with it ends it, with all
 * that is under way: a broker answers in order, so behind a lost answer there are no others.
 */
import type { Clock, Timer } from '../../core/clock.ts'
import { BrokerError, ProtocolError } from '../../core/errors.ts'
import type { ApiName, ResponseOf } from '../../protocol/messages/messages.ts'
import type { Frame } from '../../protocol/messages/frame.ts'
import { encodeRequest } from '../../protocol/messages/request.ts'
import { decodeResponse, responseCorrelationId } from '../../protocol/messages/response.ts'
import { FrameSplitter } from '../../protocol/wire/frame-splitter.ts'
import { ConnectionError } from '../broker-errors.ts'
import type { LinkRequest } from '../broker-link.ts'
import type { ByteStream, OpenStream } from './byte-stream.ts'
import { streamError, unusable, type StreamStage } from './stream-error.ts'

/** More than a broker sends: fetch.max.bytes and a batch of max.message.bytes together are far below. */
const answerBytesMax = 2 ** 30
const correlationIdMax = 2 ** 31 - 1

interface Pending {
  readonly request: LinkRequest<ApiName>
  readonly correlationId: number
  readonly timer: Timer
  resolve(answer: never): void
  reject(error: Error): void
}

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly clock: Clock
  readonly connectionTimeoutMs: number
  readonly openStream: OpenStream
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #broker: string
  readonly #splitter = new FrameSplitter(answerBytesMax)
  /** Sent, in order, and not answered. */
  #pending: Pending[] = []
  /** Waits for the end of a throttle time. */
  #held: (() => void)[] = []
  #stream: ByteStream | undefined
  #release: Timer | undefined
  #correlationId = 0
  #isExclusive = false
  #closed: Error | undefined
  #hasAnswered = false
  #opened: { resolve(): void; reject(error: Error): void } | undefined

  /** Whoever opened it has finished with what comes before the first request. */
  isReady = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#broker = `${options.host}:${options.port}`
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** @throws ConnectionError when nobody listens there, or not in time */
  open(): Promise<void> {
    const { host, port, clock, connectionTimeoutMs, openStream } = this.#options
    return new Promise((resolve, reject) => {
      const timer = clock.setTimer(connectionTimeoutMs, () =>
        this.close(
          new ConnectionError(`no connection to the broker at ${this.#broker} within ${connectionTimeoutMs} ms`),
        ),
      )
      const settled = (): void => {
        timer.cancel()
        this.#opened = undefined
      }
      this.#opened = {
        resolve: () => (settled(), resolve()),
        reject: (error) => (settled(), reject(error)),
      }
      try {
        this.#stream = openStream(host, port, {
          onOpen: () => this.#opened?.resolve(),
          onBytes: (chunk) => this.#receive(chunk),
          onEnd: (error) => this.close(streamError(this.#broker, error, this.#stage())),
        })
      } catch (error) {
        this.close(unusable(this.#broker, error as Error))
      }
    })
  }

  send<A extends ApiName>(request: LinkRequest<A>): Promise<ResponseOf<A>> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed)
      const write = (): void => this.#write(request, resolve, reject)
      if (this.#release === undefined && !this.#isExclusive) write()
      else this.#held.push(() => (this.#closed === undefined ? write() : reject(this.#closed)))
    })
  }

  /** While it runs, nothing goes out but what it sends itself. When it fails, the connection ends. */
  async exclusively<T>(run: (send: Connection['send']) => Promise<T>): Promise<T> {
    this.#isExclusive = true
    try {
      return await run(
        (request) =>
          new Promise((resolve, reject) => {
            if (this.#closed === undefined) this.#write(request, resolve, reject)
            else reject(this.#closed)
          }),
      )
    } catch (error) {
      this.close(error as Error)
      throw error
    } finally {
      this.#isExclusive = false
      this.#sendHeld()
    }
  }

  #sendHeld(): void {
    if (this.#release === undefined && !this.#isExclusive) for (const send of this.#held.splice(0)) send()
  }

  #write(request: LinkRequest<ApiName>, resolve: (answer: never) => void, reject: (error: Error) => void): void {
    const { clock, clientId } = this.#options
    const { api, version, body, timeoutMs } = request
    const correlationId = this.#correlationId
    this.#correlationId = correlationId === correlationIdMax ? 0 : correlationId + 1
    let frame: Frame
    try {
      frame = encodeRequest({ api, version, correlationId, clientId }, body)
    } catch (error) {
      return reject(error as Error)
    }
    const timer = clock.setTimer(timeoutMs, () =>
      this.close(new ConnectionError(`the broker at ${this.#broker} did not answer ${api} within ${timeoutMs} ms`)),
    )
    this.#pending.push({ request, correlationId, timer, resolve, reject })
    this.#stream!.write(frame)
  }

  #receive(chunk: Buffer): void {
    if (this.#closed !== undefined) return
    try {
      for (const message of this.#splitter.push(chunk)) this.#answer(message)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.close(this.#garbage(error))
    }
  }

  #answer(message: Buffer): void {
    const [first] = this.#pending
    const correlationId = responseCorrelationId(message)
    if (first === undefined || first.correlationId !== correlationId)
      throw new ProtocolError(`answer ${correlationId} came, ${first?.correlationId ?? 'none'} was expected`)
    const { api, version } = first.request
    const answer = decodeResponse(api, version, message)
    this.#pending.shift()
    this.#hasAnswered ||= this.isReady
    first.timer.cancel()
    const { throttleTimeMs = 0 } = answer as { throttleTimeMs?: number }
    if (throttleTimeMs > 0) this.#hold(throttleTimeMs)
    first.resolve(answer as never)
  }

  #garbage(error: ProtocolError): BrokerError {
    const message = `the broker at ${this.#broker} sent what is not an answer: ${error.message}. Is it Kafka that listens there?`
    return new BrokerError('MILLRACE_PROTOCOL_INVALID', message, { retriable: false, cause: error })
  }

  /** The broker has answered already and reads nothing for this time: who sends on only fills its buffers (KIP-219). */
  #hold(throttleTimeMs: number): void {
    this.#release?.cancel()
    this.#release = this.#options.clock.setTimer(throttleTimeMs, () => {
      this.#release = undefined
      this.#sendHeld()
    })
  }

  #stage(): StreamStage {
    if (this.#opened !== undefined) return 'opening'
    return this.#hasAnswered ? 'in use' : 'unanswered'
  }

  /** Ends it: all that is under way, and all that comes later, is rejected with the error. */
  close(error: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    this.isReady = false
    this.#stream?.destroy()
    this.#release?.cancel()
    this.#opened?.reject(error)
    for (const { timer, reject } of this.#pending.splice(0)) {
      timer.cancel()
      reject(error)
    }
    for (const send of this.#held.splice(0)) send()
  }
}
