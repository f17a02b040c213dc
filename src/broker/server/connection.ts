/*
 * One client's connection: bytes in, requests one after the other, answers in the order of the requests. As Kafka does, the next
 * request waits until the one before is answered: what waits for long (Fetch, JoinGroup) holds this connection and no other.
 * Reading goes on meanwhile up to a limit, so that a connection that ends is seen to end.
 */
import type { Duplex } from 'node:stream'
import { ProtocolError } from '../../core/errors.ts'
import type { Frame } from '../../protocol/messages/frame.ts'
import { FrameSplitter } from '../../protocol/wire/frame-splitter.ts'
import type { BrokerState } from '../broker-state.ts'
import { closedChannel } from '../diagnostics.ts'
import { dispatch, understand, type Client, type Reply } from './dispatcher.ts'
import { SaslGate, type GateReply } from './sasl/sasl-gate.ts'
import type { SaslServer } from './sasl/sasl-server.ts'

export interface ConnectionOptions {
  readonly broker: BrokerState
  readonly connectionId: number
  readonly clientHost: string
  /** Clients have to say who they are. */
  readonly sasl: SaslServer | undefined
}

export class Connection {
  readonly #stream: Duplex
  readonly #options: ConnectionOptions
  readonly #splitter: FrameSplitter
  readonly #gate: SaslGate
  readonly #gone = new AbortController()
  #queue: Buffer[] = []
  #queuedBytes = 0
  #isBusy = false
  #lastActiveMs: number
  /** What the last request said. */
  clientId: string | null = null

  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream
    this.#options = options
    this.#gate = new SaslGate(options.sasl)
    this.#lastActiveMs = options.broker.clock.monotonic()
    this.#splitter = new FrameSplitter(this.#requestBytesMax)
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('close', () => this.#gone.abort())
    // Resets and the like; 'close' follows.
    stream.on('error', () => {})
  }

  get #client(): Client {
    const { connectionId, clientHost } = this.#options
    return { clientHost, connectionId, principal: this.#gate.principal, signal: this.#gone.signal }
  }

  get #requestBytesMax(): number {
    const { requestBytesMax, unauthenticatedRequestBytesMax } = this.#options.broker.config.limits
    return this.#gate.isOpen ? requestBytesMax : unauthenticatedRequestBytesMax
  }

  /** For how long nothing has come and nothing was waited for. */
  get idleMs(): number {
    return this.#isBusy ? 0 : this.#options.broker.clock.monotonic() - this.#lastActiveMs
  }

  /** Ends it at once. */
  destroy(): void {
    this.#stream.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#lastActiveMs = this.#options.broker.clock.monotonic()
    try {
      for (const message of this.#splitter.push(chunk)) {
        this.#queue.push(message)
        this.#queuedBytes += message.length
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.#close(error.message)
    }
    if (this.#queuedBytes > this.#options.broker.config.limits.queuedBytesMax) this.#stream.pause()
    void this.#work()
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      for (let message = this.#next(); message !== undefined; message = this.#next()) {
        const reply = await this.#reply(message)
        if (reply === 'hang') return
        if (reply === 'close') this.destroy()
        else if (reply === 'nothing') continue
        else if ('last' in reply) {
          await this.#write(reply.last)
          this.#stream.end()
        } else await this.#write(reply)
      }
    } catch (error) {
      this.#close(error instanceof Error ? error.message : String(error))
    }
    this.#isBusy = false
    this.#lastActiveMs = this.#options.broker.clock.monotonic()
  }

  #next(): Buffer | undefined {
    if (this.#gone.signal.aborted || this.#stream.destroyed) return undefined
    const message = this.#queue.shift()
    if (message !== undefined) this.#queuedBytes -= message.length
    if (this.#queue.length === 0 && this.#stream.isPaused()) this.#stream.resume()
    return message
  }

  async #reply(message: Buffer): Promise<Reply | GateReply> {
    if (this.#gate.expectsToken) return this.#passing(this.#gate.token(message))
    const { request, answer } = understand(message)
    if (request === undefined) return answer
    this.clientId = request.clientId
    const own = await this.#passing(this.#gate.answer(request))
    return own ?? dispatch(request, this.#client, this.#options.broker)
  }

  /** Whoever gets in may send more. */
  async #passing<T>(step: Promise<T>): Promise<T> {
    const result = await step
    this.#splitter.messageBytesMax = this.#requestBytesMax
    return result
  }

  /** What cannot be understood says nothing about where the next request begins. */
  #close(reason: string): void {
    const { connectionId, clientHost } = this.#options
    closedChannel.publish({ connectionId, clientHost, reason })
    this.destroy()
  }

  /** Waits until the client has taken most of it: who asks and does not read must not fill the memory. */
  async #write(frame: Frame): Promise<void> {
    if (this.#stream.destroyed) return
    this.#stream.cork()
    let hasRoom = true
    for (const piece of frame) hasRoom = this.#stream.write(piece)
    this.#stream.uncork()
    if (hasRoom) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done)
        this.#gone.signal.removeEventListener('abort', done)
        resolve()
      }
      this.#stream.on('drain', done)
      this.#gone.signal.addEventListener('abort', done)
    })
  }
}
