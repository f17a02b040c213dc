import { Duplex } from 'node:stream'

/**
 * One end of a connection without a network: what is written here is read there. It has the methods of a socket that clients call,
 * so that KafkaJS takes it from its `socketFactory`.
 */
export class MemoryEnd extends Duplex {
  readonly remoteAddress = 'in-process'
  #peer: MemoryEnd | undefined
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
    if (peer.destroyed || peer.push(Buffer.from(chunk))) done()
    else peer.#resume = done
  }

  override _final(done: () => void): void {
    if (!this.#peer!.destroyed) this.#peer!.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#resume?.()
    const peer = this.#peer!
    // In its own turn, as news from a network come.
    process.nextTick(() => peer.destroy())
    done(error)
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
