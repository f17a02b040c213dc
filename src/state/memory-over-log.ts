import type { OverLog, OverLogFollower } from './over-store.ts'

/** Below this many forgotten entries moving the others down does not pay. */
const compactionMin = 32

/** Two plain arrays, and no object per entry. Forgotten entries stay in place until they are half of the arrays. */
export class MemoryOverLog<K, V> implements OverLog<V> {
  readonly key: K
  follower: OverLogFollower | undefined = undefined
  /** Where the store will look for entries to forget. */
  bucket: number = Number.POSITIVE_INFINITY
  #times: number[] = []
  #values: V[] = []
  /** Index of the oldest entry. */
  #first = 0
  /** Position of index 0. */
  #base = 0

  constructor(key: K) {
    this.key = key
  }

  get head(): number {
    return this.#base + this.#first
  }

  get end(): number {
    return this.#base + this.#times.length
  }

  /** Only for positions that hold an entry. */
  timeAt(position: number): number {
    return this.#times[position - this.#base]!
  }

  valueAt(position: number): V {
    return this.#values[position - this.#base]!
  }

  replaceValue(position: number, value: V): void {
    this.#values[position - this.#base] = value
  }

  positionAfter(time: number, hint: number): number {
    const times = this.#times
    const first = this.#first
    const length = times.length
    // Everything below `low` is not after `time`, everything from `high` on is.
    let low = Math.min(Math.max(hint - this.#base, first), length)
    let high = low
    let step = 1
    while (high < length && times[high]! <= time) {
      low = high + 1
      high = Math.min(high + step, length)
      step *= 2
    }
    while (low > first && times[low - 1]! > time) {
      high = low - 1
      low = Math.max(low - step, first)
      step *= 2
    }
    while (low < high) {
      const middle = (low + high) >>> 1
      if (times[middle]! <= time) low = middle + 1
      else high = middle
    }
    return this.#base + low
  }

  /** Adds an entry at its place in time; returns its position. */
  insert(time: number, value: V): number {
    const position = this.positionAfter(time, this.end)
    const index = position - this.#base
    if (index === this.#times.length) {
      this.#times.push(time)
      this.#values.push(value)
    } else {
      this.#times.splice(index, 0, time)
      this.#values.splice(index, 0, value)
    }
    return position
  }

  remove(position: number): void {
    this.#times.splice(position - this.#base, 1)
    this.#values.splice(position - this.#base, 1)
  }

  /** Forgets the entries before `time`; returns how many. */
  forgetBefore(time: number): number {
    const head = this.positionAfter(time - 1, this.head)
    const count = head - this.head
    if (count === 0) return 0
    this.follower?.forgetting(head)
    this.#first += count
    if (this.#first >= compactionMin && this.#first * 2 >= this.#times.length) this.#compact()
    return count
  }

  #compact(): void {
    this.#times = this.#times.slice(this.#first)
    this.#values = this.#values.slice(this.#first)
    this.#base += this.#first
    this.#first = 0
  }
}
