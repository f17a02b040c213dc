import { channel } from 'node:diagnostics_channel'
import type { ApiName } from '../protocol/messages/messages.ts'

/** `millrace:broker:failure`: a handler threw, which is a bug of the broker; the client got UNKNOWN_SERVER_ERROR or lost its connection. */
export interface BrokerFailure {
  readonly api: ApiName
  readonly apiVersion: number
  readonly clientId: string | null
  readonly error: unknown
}

/** `millrace:broker:closed`: the broker closed a connection because of what came from it. */
export interface ConnectionClosed {
  readonly connectionId: number
  readonly clientHost: string
  readonly reason: string
}

interface TypedChannel<T> {
  publish(message: T): void
  subscribe(listener: (message: T) => void): void
  unsubscribe(listener: (message: T) => void): void
}

export const failureChannel = channel('millrace:broker:failure') as TypedChannel<BrokerFailure>
export const closedChannel = channel('millrace:broker:closed') as TypedChannel<ConnectionClosed>
