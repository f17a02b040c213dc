/** A chunk that grows beyond this is cut in two. */
const chunkLengthMax = 1024

/**
 * Items in ascending order of `compare`; no two of them compare equal. Kept in chunks, so that a change in the middle of a million
 * items moves a thousand.
 */
export class SortedSet<T> {
  readonly #compare: (a: T, b: T) => number
  /** None of them empty. */
  readonly #chunks: T[][] = []
  /** Counts additions and removals: an iteration finds its place again when there was one. */
  #changes = 0

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get first(): T | undefined {
    return this.#chunks[0]?.[0]
  }

  add(item: T): void {
    this.#changes += 1
    const chunkIndex = Math.min(this.#chunkOf(item), this.#chunks.length - 1)
    const chunk = this.#chunks[chunkIndex]
    if (chunk === undefined) {
      this.#chunks.push([item])
      return
    }
    const last = chunk[chunk.length - 1]!
    if (this.#compare(last, item) < 0) chunk.push(item)
    else chunk.splice(this.#indexIn(chunk, item), 0, item)
    if (chunk.length > chunkLengthMax) this.#chunks.splice(chunkIndex + 1, 0, chunk.splice(chunkLengthMax / 2))
  }

  remove(item: T): void {
    const chunkIndex = this.#chunkOf(item)
    const chunk = this.#chunks[chunkIndex]
    if (chunk === undefined) return
    const index = this.#indexIn(chunk, item)
    if (this.#compare(chunk[index]!, item) !== 0) return
    this.#changes += 1
    if (index === 0) chunk.shift()
    else chunk.splice(index, 1)
    if (chunk.length === 0) this.#chunks.splice(chunkIndex, 1)
  }

  /** Items may be added and removed meanwhile; those behind the current one are met. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    let chunkIndex = 0
    let index = 0
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[chunkIndex]) {
      if (index === chunk.length) {
        chunkIndex += 1
        index = 0
        continue
      }
      const item = chunk[index]!
      const changes = this.#changes
      yield item
      if (changes === this.#changes) index += 1
      else [chunkIndex, index] = this.#placeAfter(item)
    }
  }

  #placeAfter(item: T): [chunkIndex: number, index: number] {
    const chunkIndex = this.#chunkOf(item)
    const chunk = this.#chunks[chunkIndex]
    if (chunk === undefined) return [chunkIndex, 0]
    const index = this.#indexIn(chunk, item)
    return [chunkIndex, this.#compare(chunk[index]!, item) === 0 ? index + 1 : index]
  }

  /** The first chunk whose last item is not before `item`; one beyond the end when there is none. */
  #chunkOf(item: T): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = this.#chunks[middle]!
      if (this.#compare(chunk[chunk.length - 1]!, item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The first index whose item is not before `item`. */
  #indexIn(chunk: readonly T[], item: T): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(chunk[middle]!, item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
