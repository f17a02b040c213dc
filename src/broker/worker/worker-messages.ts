/* What goes between a broker in a worker thread and the thread that started it. */
import type { BrokerAddress } from '../broker-state.ts'

export interface Call {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly address: BrokerAddress }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'returned'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'threw'; readonly id: number; readonly message: string }
