import { hash } from 'node:crypto'
import { valueHashLength } from './subscription.ts'

/**
 * 128 bits of SHA-256, one character a byte. Kafka Streams takes Murmur3 here; nobody but the two sides of one join sees it, and
 * this one is native. Equal hashes of different values would let a stale answer through, so it must be wide.
 */
export function valueHash(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'buffer').toString('latin1', 0, valueHashLength)
}
