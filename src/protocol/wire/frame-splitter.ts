import { ProtocolError } from '../../core/errors.ts'
import { borrowFrameBuffer, keepFrameBuffer } from './frame-buffers.ts'

const sizeBytes = 4

/**
 * Cuts what a socket brings into messages, without their sizes. It holds no more than has come: a size is only believed up to the
 * maximum, and no room is made for it beforehand.
 */
export class FrameSplitter {
  /** May be raised, once the peer is trusted. */
  messageBytesMax: number
  #chunks: Buffer[] = []
  #bufferedBytes = 0
  #wantedBytes = sizeBytes

  constructor(messageBytesMax: number) {
    this.messageBytesMax = messageBytesMax
  }

  /**
   * The messages that are whole now. They are views of the chunks, which must not be used again.
   *
   * @throws ProtocolError when a message is larger than the maximum; the connection cannot be used any further
   */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk)
    this.#bufferedBytes += chunk.length
    if (this.#bufferedBytes < this.#wantedBytes) return []
    const bytes = this.#chunks.length === 1 ? chunk : this.#joined()
    const messages: Buffer[] = []
    let at = 0
    for (;;) {
      this.#wantedBytes = sizeBytes + (bytes.length - at < sizeBytes ? 0 : this.#checkedSize(bytes.readInt32BE(at)))
      if (bytes.length - at < this.#wantedBytes) break
      messages.push(bytes.subarray(at + sizeBytes, at + this.#wantedBytes))
      at += this.#wantedBytes
    }
    if (messages.length !== 1 || at < bytes.length) keepFrameBuffer(bytes)
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : []
    this.#bufferedBytes = bytes.length - at
    return messages
  }

  #joined(): Buffer {
    const bytes = borrowFrameBuffer(this.#bufferedBytes)
    let at = 0
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return bytes.subarray(0, at)
  }

  #checkedSize(size: number): number {
    if (size >= 0 && size <= this.messageBytesMax) return size
    throw new ProtocolError(
      `a message of ${size} bytes, at most ${this.messageBytesMax} are allowed: the peer does not speak Kafka's protocol, or it speaks TLS`,
    )
  }
}
