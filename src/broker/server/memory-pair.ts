import { Duplex } from 'node:stream'

/**
 * One end of a connection without a network: what is written here is read there. It has the methods of a socket that clients call,
 * so that KafkaJS takes it from its `socketFactory`.
 */
export class MemoryEnd extends Duplex {
  readonly remoteAddress = 'in-process'
  #peer: MemoryEnd | undefined
  #isReadToEnd = false
  /** Of a write of the peer that waits until this end is read from. */
  #resume: (() => void) | undefined

  static pair(): [MemoryEnd, MemoryEnd] {
    const [one, other] = [new MemoryEnd({ allowHalfOpen: false }), new MemoryEnd({ allowHalfOpen: false })]
    one.#peer = other
    other.#peer = one
    return [one, other]
  }

  override _read(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const peer = this.#peer!
    // A copy, as a network makes one: the writer may use its memory again.
    if (peer.destroyed || peer.#isReadToEnd || peer.push(Buffer.from(chunk))) done()
    else peer.#resume = done
  }

  override _final(done: () => void): void {
    this.#peer!.#endReading()
    done()
  }

  /** The peer sees the end of what it reads, as it does of a socket: KafkaJS waits for nothing else. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resume?.()
    // In its own turn, as news from a network come.
    process.nextTick(() => this.#peer!.#endReading())
    done(error)
  }

  #endReading(): void {
    if (this.#isReadToEnd || this.destroyed) return
    this.#isReadToEnd = true
    this.push(null)
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}
