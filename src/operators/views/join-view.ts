import { valueAndTimestamp, type ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { ValueJoiner } from '../../topology/functions.ts'
import { keepsUnmatched, type JoinType } from '../join-type.ts'
import type { TableView } from '../table-view.ts'

/** A join of two tables without a store: joins what both hold now, with the larger of both timestamps. */
export class JoinView<K, L, R, O> implements TableView<K, O> {
  readonly #keepsLeft: boolean
  readonly #keepsRight: boolean
  readonly #left: TableView<K, L>
  readonly #right: TableView<K, R>
  readonly #joiner: ValueJoiner

  constructor(type: JoinType, left: TableView<K, L>, right: TableView<K, R>, joiner: ValueJoiner) {
    this.#keepsLeft = keepsUnmatched(type, 'left')
    this.#keepsRight = keepsUnmatched(type, 'right')
    this.#left = left
    this.#right = right
    this.#joiner = joiner
  }

  get(key: K): ValueAndTimestamp<O> | null {
    const left = this.#left.get(key)
    if (left === null && !this.#keepsRight) return null
    const right = this.#right.get(key)
    if (right === null && (left === null || !this.#keepsLeft)) return null
    const joined: O | null = this.#joiner(left?.value ?? null, right?.value ?? null, key) ?? null
    return joined === null ? null : valueAndTimestamp(joined, latest(left, right))
  }
}

function latest(left: ValueAndTimestamp<unknown> | null, right: ValueAndTimestamp<unknown> | null): number {
  return Math.max(left?.timestamp ?? -Infinity, right?.timestamp ?? -Infinity)
}
