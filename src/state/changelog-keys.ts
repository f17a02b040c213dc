import { payloadLength, writeText, type Payload } from '../core/payload.ts'
import { asBuffer } from './key-codec.ts'
import type { JoinSide } from './unmatched-store.ts'

/*
 * How Kafka Streams writes composite keys into changelogs, big-endian, so that its tools can read ours.
 * Times are whole milliseconds that a number holds exactly.
 */

const timeBytes = 8
const sequenceBytes = 4
const sideBytes = 1

/** Key, window start, sequence number (WindowKeySchema). The number tells records apart that a join keeps per key and time. */
export function windowChangelogKey(key: Payload, windowStart: number, sequence: number): Buffer {
  const length = payloadLength(key)
  const bytes = bytesWithKey(key, length + timeBytes + sequenceBytes)
  writeInt64(bytes, windowStart, length)
  bytes.writeInt32BE(sequence, length + timeBytes)
  return bytes
}

export function readWindowChangelogKey(bytes: Uint8Array): { key: Uint8Array; windowStart: number; sequence: number } {
  const buffer = asBuffer(bytes)
  const keyLength = buffer.length - timeBytes - sequenceBytes
  const sequence = buffer.readInt32BE(keyLength + timeBytes)
  return { key: buffer.subarray(0, keyLength), windowStart: readInt64(buffer, keyLength), sequence }
}

/** Key, end, start (SessionKeySchema). */
export function sessionChangelogKey(key: Payload, start: number, end: number): Buffer {
  const length = payloadLength(key)
  const bytes = bytesWithKey(key, length + timeBytes * 2)
  writeInt64(bytes, end, length)
  writeInt64(bytes, start, length + timeBytes)
  return bytes
}

/** `length` bytes that begin with the key. */
function bytesWithKey(key: Payload, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  if (typeof key === 'string') writeText(bytes, 0, key)
  else bytes.set(key)
  return bytes
}

export function readSessionChangelogKey(bytes: Uint8Array): { key: Uint8Array; start: number; end: number } {
  const buffer = asBuffer(bytes)
  const keyLength = buffer.length - timeBytes * 2
  const start = readInt64(buffer, keyLength + timeBytes)
  return { key: buffer.subarray(0, keyLength), start, end: readInt64(buffer, keyLength) }
}

/** Timestamp, 1 for left or 0 for right, key (TimestampedKeyAndJoinSideSerializer). */
export function unmatchedChangelogKey(timestamp: number, side: JoinSide, key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(timeBytes + sideBytes + key.length)
  writeInt64(bytes, timestamp, 0)
  bytes[timeBytes] = side === 'left' ? 1 : 0
  bytes.set(key, timeBytes + sideBytes)
  return bytes
}

export function readUnmatchedChangelogKey(bytes: Uint8Array): { timestamp: number; side: JoinSide; key: Uint8Array } {
  const buffer = asBuffer(bytes)
  const side = buffer[timeBytes] === 1 ? 'left' : 'right'
  return { timestamp: readInt64(buffer, 0), side, key: buffer.subarray(timeBytes + sideBytes) }
}

export function writeInt64(bytes: Buffer, value: number, offset: number): void {
  const high = Math.floor(value / 2 ** 32)
  bytes.writeInt32BE(high, offset)
  bytes.writeUInt32BE(value - high * 2 ** 32, offset + 4)
}

export function readInt64(bytes: Buffer, offset: number): number {
  return bytes.readInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4)
}
