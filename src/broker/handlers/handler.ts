/*
 * What answers a request. One file an API, named for it; `handlers.ts` lists them, and only what is listed there is advertised.
 *
 * - A handler gets the body as `protocol/` decodes it and returns the one that is encoded, or a promise of it when it waits.
 *   What waits must end when `signal` aborts: the connection is gone then, and so is who would read the answer.
 * - `null` sends nothing (acks=0).
 * - Refusals are codes in the response. What a handler throws is a bug: the front answers UNKNOWN_SERVER_ERROR and goes on.
 */
import type { ApiName, NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerState } from '../broker-state.ts'

export interface RequestContext {
  readonly broker: BrokerState
  readonly apiVersion: number
  readonly clientId: string | null
  /** As Kafka shows it, with a slash: `/127.0.0.1`. */
  readonly clientHost: string
  /** `User:ANONYMOUS` without SASL. */
  readonly principal: string
  readonly connectionId: number
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal
}

type Answer<A extends ApiName> = NewResponse<A> | null

export type Handler<A extends ApiName> = (
  request: RequestOf<A>,
  context: RequestContext,
) => Answer<A> | Promise<Answer<A>>

export type Handlers = { readonly [A in ApiName]?: Handler<A> }
