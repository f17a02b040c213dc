import type { StoredFile } from './storage.ts'

const firstBlockBytes = 4 * 1024
const blockBytesMax = 1024 * 1024

interface Block {
  readonly start: number
  readonly bytes: Buffer
  used: number
}

/**
 * A file as a list of blocks, each of which holds whole appends: reading what lies in one block copies nothing. What is appended
 * is copied, as a view of a request would keep the whole request alive.
 */
export class MemoryFile implements StoredFile {
  #blocks: Block[] = []
  #size = 0
  #nextBlockBytes = firstBlockBytes

  get size(): number {
    return this.#size
  }

  get start(): number {
    return this.#blocks[0]?.start ?? this.#size
  }

  append(parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const block = this.#blockFor(length)
    for (const part of parts) {
      block.bytes.set(part, block.used)
      block.used += part.length
    }
    this.#size += length
  }

  #blockFor(length: number): Block {
    const last = this.#blocks.at(-1)
    if (last !== undefined && last.used + length <= last.bytes.length) return last
    const usual = this.#nextBlockBytes
    this.#nextBlockBytes = Math.min(blockBytesMax, usual * 2)
    // Large ones get a block that fits: rounded up, half of it might stay empty.
    const bytes = Buffer.allocUnsafeSlow(length * 4 > usual ? length : usual)
    const block = { start: this.#size, bytes, used: 0 }
    this.#blocks.push(block)
    return block
  }

  read(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.#size)
    const parts: Buffer[] = []
    for (let i = this.#indexOf(position), at = position; at < end; i++) {
      const block = this.#blocks[i]!
      const stop = Math.min(end, block.start + block.used)
      parts.push(block.bytes.subarray(at - block.start, stop - block.start))
      at = stop
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** Of the block that holds the position. */
  #indexOf(position: number): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#blocks[middle]!.start <= position) low = middle
      else high = middle - 1
    }
    return low
  }

  truncate(size: number): void {
    this.#size = size
    while (this.#blocks.length > 0 && this.#blocks.at(-1)!.start >= size) this.#blocks.pop()
    const last = this.#blocks.at(-1)
    // What was handed out as a view stays as it is: the rest of the block is not written again.
    if (last !== undefined) {
      const bytes = last.bytes.subarray(0, size - last.start)
      this.#blocks[this.#blocks.length - 1] = { start: last.start, bytes, used: bytes.length }
    }
  }

  sync(): void {}

  forget(position: number): void {
    const kept = this.#indexOf(position)
    if (kept > 0) this.#blocks = this.#blocks.slice(kept)
  }

  close(): void {}
}
