/*
 * What stands before a connection's requests: who they come from. States, as in Kafka's SaslServerAuthenticator: nobody yet; a
 * mechanism was chosen, and its tokens follow in SaslAuthenticate requests or, after SaslHandshake version 0, without
 * headers; somebody. Somebody may authenticate again before the session ends (KIP-368), as the same.
 */
import { ProtocolError } from '../../../core/errors.ts'
import { kafkaError } from '../../../protocol/kafka-error.ts'
import type { Frame } from '../../../protocol/messages/frame.ts'
import type { NewResponse, RequestOf } from '../../../protocol/messages/messages.ts'
import type { AnyRequest } from '../../../protocol/messages/request.ts'
import { encodeResponse } from '../../../protocol/messages/response.ts'
import { AuthenticationFailure, type SaslExchange, type SaslStep } from './sasl-exchange.ts'
import type { SaslServer } from './sasl-server.ts'

/** `last`: the connection ends behind it. */
export type GateReply = Frame | { readonly last: Frame }

const nobody = 'User:ANONYMOUS'
const nothing = Buffer.alloc(0)

export class SaslGate {
  /** Undefined: nobody has to say who they are. */
  readonly #server: SaslServer | undefined
  #exchange: SaslExchange | undefined
  #principal: string | undefined
  #expiresAtMs = Infinity
  /** The next message is a token without a header. */
  expectsToken = false

  constructor(server: SaslServer | undefined) {
    this.#server = server
  }

  get isOpen(): boolean {
    return this.#server === undefined || this.#principal !== undefined
  }

  get principal(): string {
    return this.#principal ?? nobody
  }

  /** The answer to what is about authentication; undefined: the request may go on. @throws ProtocolError: it may not */
  async answer(request: AnyRequest): Promise<GateReply | undefined> {
    const { version, correlationId } = request
    if (request.api === 'SaslHandshake')
      return encodeResponse({ api: request.api, version, correlationId }, this.#handshake(request.body, version))
    if (request.api === 'SaslAuthenticate') {
      const answer = await this.#authenticate(request.body)
      const frame = encodeResponse({ api: request.api, version, correlationId }, answer)
      return answer.errorCode === kafkaError.SASL_AUTHENTICATION_FAILED ? { last: frame } : frame
    }
    if (request.api === 'ApiVersions') return undefined
    if (!this.isOpen) throw new ProtocolError(`a ${request.api} request came before any authentication`)
    if (this.#server !== undefined && this.#server.clock.now() >= this.#expiresAtMs)
      throw new ProtocolError(`the session of ${this.principal} is over, and it did not authenticate again`)
    return undefined
  }

  #handshake({ mechanism }: RequestOf<'SaslHandshake'>, version: number): NewResponse<'SaslHandshake'> {
    if (this.#server === undefined) return { errorCode: kafkaError.ILLEGAL_SASL_STATE, mechanisms: [] }
    const { mechanisms } = this.#server
    this.#exchange = this.#server.exchange(mechanism)
    if (this.#exchange === undefined) return { errorCode: kafkaError.UNSUPPORTED_SASL_MECHANISM, mechanisms }
    this.expectsToken = version === 0
    return { errorCode: kafkaError.NONE, mechanisms }
  }

  async #authenticate({ authBytes }: RequestOf<'SaslAuthenticate'>): Promise<NewResponse<'SaslAuthenticate'>> {
    if (this.#exchange === undefined) {
      const errorMessage = 'SaslAuthenticate request received without a handshake, or after successful authentication'
      return { errorCode: kafkaError.ILLEGAL_SASL_STATE, errorMessage, authBytes: nothing }
    }
    try {
      const { bytes } = await this.#step(authBytes, this.#exchange)
      return { errorCode: 0, errorMessage: null, authBytes: bytes, sessionLifetimeMs: this.#sessionLifetimeMs() }
    } catch (error) {
      if (!(error instanceof AuthenticationFailure)) throw error
      const errorCode = kafkaError.SASL_AUTHENTICATION_FAILED
      return { errorCode, errorMessage: error.message, authBytes: nothing }
    }
  }

  /** A token without a header, and its answer. @throws ProtocolError */
  async token(bytes: Buffer): Promise<Frame> {
    try {
      const answer = await this.#step(bytes, this.#exchange!)
      const size = Buffer.alloc(4)
      size.writeInt32BE(answer.bytes.length)
      return [size, answer.bytes]
    } catch (error) {
      if (!(error instanceof AuthenticationFailure)) throw error
      throw new ProtocolError(error.message, { cause: error })
    }
  }

  async #step(bytes: Buffer, exchange: SaslExchange): Promise<SaslStep> {
    const step = await exchange.next(bytes)
    if (step.owner !== undefined) {
      const principal = `User:${step.owner.name}`
      if (this.#principal !== undefined && this.#principal !== principal)
        throw new AuthenticationFailure(
          `Cannot change principals during re-authentication from ${this.#principal} to ${principal}`,
        )
      this.#principal = principal
      this.#expiresAtMs = step.owner.expiresAtMs ?? Infinity
      this.#exchange = undefined
      this.expectsToken = false
    }
    return step
  }

  /** 0: for ever. */
  #sessionLifetimeMs(): number {
    return this.#expiresAtMs === Infinity ? 0 : Math.max(1, this.#expiresAtMs - this.#server!.clock.now())
  }
}
