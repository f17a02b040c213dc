const highBits = 0x80808080 | 0

/**
 * Bytes as text, made once for all of them: a part of it costs a tenth of what it costs to make the part alone. Each byte is a
 * character, so that only parts which are ASCII are what their UTF-8 says.
 */
export class AsciiText {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #text: string
  readonly #words: Int32Array

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#text = bytes.toString('latin1', start, end)
    this.#words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >>> 2)
  }

  /** Undefined when not all of it is ASCII. Positions are those in the bytes. */
  slice(start: number, end: number): string | undefined {
    return this.#isAscii(start, end) ? this.#text.slice(start - this.#start, end - this.#start) : undefined
  }

  #isAscii(start: number, end: number): boolean {
    const bytes = this.#bytes
    const words = this.#words
    const offset = bytes.byteOffset
    let seen = 0
    let at = start
    for (; at < end && ((at + offset) & 3) !== 0; at++) seen |= bytes[at]!
    for (; at + 4 <= end; at += 4) seen |= words[(at + offset) >>> 2]!
    for (; at < end; at++) seen |= bytes[at]!
    return (seen & highBits) === 0
  }
}
