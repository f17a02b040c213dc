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
    const lastWord = (end + offset) >>> 2
    let word = (at + offset) >>> 2
    // Two at a time, which do not wait for each other.
    let other = 0
    for (; word + 1 < lastWord; word += 2) {
      seen |= words[word]!
      other |= words[word + 1]!
    }
    for (; word < lastWord; word++) seen |= words[word]!
    for (at = Math.max(at, (lastWord << 2) - offset); at < end; at++) seen |= bytes[at]!
    return ((seen | other) & highBits) === 0
  }
}
