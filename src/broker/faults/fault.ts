import type { KafkaErrorName } from '../../protocol/kafka-error.ts'
import type { ApiName } from '../../protocol/messages/messages.ts'

/** What shall go wrong with requests of a kind. Plain data, so that it can be given to a broker in another thread. */
export interface Fault {
  /** Kafka's name of the request: `Produce`, `OffsetCommit`, `TxnOffsetCommit`, ... */
  readonly api: ApiName
  /** Requests of this client alone; default: of all. */
  readonly clientId?: string
  /** How many requests it meets; `Infinity`: until `clear()`. Default 1. */
  readonly times?: number
  /** How many requests are let through first. Default 0. */
  readonly skip?: number
  /** They wait for so long before anything happens. */
  readonly delayMs?: number
  /** They are answered with this error (`NOT_COORDINATOR`, `NOT_LEADER_OR_FOLLOWER`, ...), and nothing is done. */
  readonly error?: KafkaErrorName
  /**
   * The connection is lost: before anything was done (`request`), or when all was done and before the answer is out (`answer`).
   * `hang`: all was done, and the connection stays, without a word from then on.
   */
  readonly lose?: 'request' | 'answer' | 'hang'
}
