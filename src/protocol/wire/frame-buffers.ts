/*
 * Large buffers that held a message and are free again. A new one is new memory, and each page of it a page fault: for a consumer
 * that was a sixth of all its time (docs/performance.md).
 */
const reusedBytesMin = 262_144
const reusedBytesMax = 33_554_432
const sparesMax = 4

const spares: Buffer[] = []
/** What is used for one message alone, and may come back. */
const lent = new WeakSet<ArrayBufferLike>()

/** At least so many bytes, with anything in them. */
export function borrowFrameBuffer(size: number): Buffer {
  if (size < reusedBytesMin || size > reusedBytesMax) return Buffer.allocUnsafe(size)
  const index = spares.findIndex(({ length }) => length >= size)
  const [buffer] = index < 0 ? [Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size)))] : spares.splice(index, 1)
  lent.add(buffer!.buffer)
  return buffer!
}

/** It holds more than one message: it is left to the garbage collector. */
export function keepFrameBuffer({ buffer }: Buffer): void {
  lent.delete(buffer)
}

/** Of the message that `view` is a part of, no view is used any more. Nothing happens where it was not lent. */
export function returnFrameBuffer({ buffer }: Buffer): void {
  if (!lent.delete(buffer) || spares.length >= sparesMax) return
  spares.push(Buffer.from(buffer))
}
