/** Bytes of the log between two entries (Kafka's index.interval.bytes). */
export const indexIntervalBytes = 4096

const firstCapacity = 16

/**
 * Where batches begin in a segment: one batch every 4 KB, in typed arrays, so that a gigabyte of small batches costs five
 * megabytes. From an entry on, headers are walked.
 */
export class SegmentIndex {
  #count = 0
  /** Base offsets, less the segment's. */
  #offsets = new Uint32Array(firstCapacity)
  #positions = new Uint32Array(firstCapacity)
  /** The largest timestamp of all batches before the entry's. */
  #timestampsBefore = new Float64Array(firstCapacity)

  get count(): number {
    return this.#count
  }

  offsetAt(entry: number): number {
    return this.#offsets[entry]!
  }

  positionAt(entry: number): number {
    return this.#positions[entry]!
  }

  timestampBeforeAt(entry: number): number {
    return this.#timestampsBefore[entry]!
  }

  /** A batch that follows all others; noted when the last entry is far enough. */
  add(relativeOffset: number, position: number, timestampBefore: number): void {
    if (this.#count > 0 && position - this.positionAt(this.#count - 1) < indexIntervalBytes) return
    this.put(relativeOffset, position, timestampBefore)
  }

  put(relativeOffset: number, position: number, timestampBefore: number): void {
    if (this.#count === this.#offsets.length) this.#grow()
    this.#offsets[this.#count] = relativeOffset
    this.#positions[this.#count] = position
    this.#timestampsBefore[this.#count] = timestampBefore
    this.#count++
  }

  #grow(): void {
    const capacity = this.#count * 2
    this.#offsets = copied(this.#offsets, new Uint32Array(capacity))
    this.#positions = copied(this.#positions, new Uint32Array(capacity))
    this.#timestampsBefore = copied(this.#timestampsBefore, new Float64Array(capacity))
  }

  /** The position to walk from to find the batch that holds an offset. */
  positionOfOffset(relativeOffset: number): number {
    const entry = this.#last((i) => this.offsetAt(i) <= relativeOffset)
    return entry < 0 ? 0 : this.positionAt(entry)
  }

  /** The position to walk from to find the first batch with a timestamp of at least this. */
  positionOfTimestamp(timestamp: number): number {
    const entry = this.#last((i) => this.timestampBeforeAt(i) < timestamp)
    return entry < 0 ? 0 : this.positionAt(entry)
  }

  /** The last entry for which it holds: it holds for all before. -1: for none. */
  #last(holds: (entry: number) => boolean): number {
    let low = -1
    let high = this.#count - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (holds(middle)) low = middle
      else high = middle - 1
    }
    return low
  }
}

function copied<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
