import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { Transport } from './transport.ts'

/** What every part of the client needs of its surroundings. */
export interface ClientOptions {
  readonly clock: Clock
  readonly random: Random
  readonly clientId: string
  readonly requestTimeoutMs: number
  /** Connections of their own for whoever asks: a consumer that is closed takes nobody's away. */
  openTransport(clientId: string): Transport
}
