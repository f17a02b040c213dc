import { ByteWriter } from './byte-writer.ts'

/** Below, a copy is cheaper than a further piece for the socket. */
const attachedBytesMin = 4096
const retainedBytesMax = 65_536

interface Attachment {
  readonly at: number
  readonly bytes: Buffer
}

/** A writer that leaves large records where they are: a message is a list of pieces. Its buffer is used again and again. */
export class MessageWriter extends ByteWriter {
  #attached: Attachment[] = []
  #attachedBytes = 0

  /** Begins a new message. */
  begin(): void {
    this.reset(retainedBytesMax)
    this.#attached = []
    this.#attachedBytes = 0
  }

  /** Of the message so far, with what is attached. */
  get totalBytes(): number {
    return this.length + this.#attachedBytes
  }

  /** Writes bytes, without a copy if they are many: they must not change until the message was sent. */
  attach(bytes: Buffer): void {
    if (bytes.length < attachedBytesMin) return this.raw(bytes)
    this.#attached.push({ at: this.length, bytes })
    this.#attachedBytes += bytes.length
  }

  /** The message, in the order to be sent. The pieces stay valid when the writer goes on to the next message. */
  pieces(): readonly Buffer[] {
    const own = Buffer.from(this.bytes())
    if (this.#attached.length === 0) return [own]
    const pieces: Buffer[] = []
    let from = 0
    for (const { at, bytes } of this.#attached) {
      if (at > from) pieces.push(own.subarray(from, at))
      pieces.push(bytes)
      from = at
    }
    if (from < own.length) pieces.push(own.subarray(from))
    return pieces
  }
}
