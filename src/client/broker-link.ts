import type { ApiName, NewRequest, ResponseOf } from '../protocol/messages/messages.ts'
import type { ApiRanges } from './api-ranges.ts'

/** One connection to one broker, which comes back when it was lost. */
export interface BrokerLink {
  /** What the broker said when it was reached last; undefined before. */
  readonly ranges: ApiRanges | undefined
  readonly isConnected: boolean
  /** Resolves when requests can be sent. Those who wait at the same time share one attempt, in the order of their calls. */
  connect(): Promise<void>
  /** Only when connected. */
  send<A extends ApiName>(request: LinkRequest<A>): Promise<ResponseOf<A>>
  /** Rejects what is under way, and all that comes later. */
  close(): void
}

export interface LinkRequest<A extends ApiName> {
  readonly api: A
  readonly version: number
  readonly body: NewRequest<A>
  readonly timeoutMs: number
}
