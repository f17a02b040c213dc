const twoTo32 = 4_294_967_296

/** Writes a safe integer as 8 bytes, big-endian, without the cost of a bigint. */
export function writeSafeInt64(bytes: Buffer, offset: number, value: number): void {
  bytes.writeInt32BE(Math.floor(value / twoTo32), offset)
  bytes.writeUInt32BE(value >>> 0, offset + 4)
}

/** The 8 bytes, big-endian, as a number; undefined beyond +-(2^53-1), where numbers round. */
export function readSafeInt64(bytes: Buffer, offset: number): number | undefined {
  const value = bytes.readInt32BE(offset) * twoTo32 + bytes.readUInt32BE(offset + 4)
  return Number.isSafeInteger(value) ? value : undefined
}
