import { keyIdentity } from '../core/key-identity.ts'
import type { AsyncOrder } from '../topology/async-functions.ts'

/** Decides which work of a lane may start, and which of it that has ended may come out. */
export interface WorkOrder<W> {
  add(work: W, key: unknown): void
  /** The next one that may start now. */
  next(): W | undefined
  /** `work` has ended. @returns what comes out, in order */
  ended(work: W): readonly W[]
  /** The result of `work` is out. */
  out(work: W): void
}

export function workOrder<W>(order: AsyncOrder): WorkOrder<W> {
  if (order === 'key') return new ByKey()
  return order === 'partition' ? new InOrder() : new AsTheyFinish()
}

class AsTheyFinish<W> implements WorkOrder<W> {
  readonly #waiting: W[] = []

  add(work: W): void {
    this.#waiting.push(work)
  }

  next(): W | undefined {
    return this.#waiting.shift()
  }

  ended(work: W): readonly W[] {
    return [work]
  }

  out(): void {}
}

/** They start as they come; one that has ended waits until all before it have. */
class InOrder<W> extends AsTheyFinish<W> {
  readonly #sequence: W[] = []
  readonly #ended = new Set<W>()

  override add(work: W): void {
    super.add(work)
    this.#sequence.push(work)
  }

  override ended(work: W): readonly W[] {
    this.#ended.add(work)
    const free = this.#sequence.findIndex((each) => !this.#ended.has(each))
    const out = this.#sequence.splice(0, free < 0 ? Infinity : free)
    for (const each of out) this.#ended.delete(each)
    return out
  }
}

/** Of one key at most one is under way: the next may start when the result of the one before is out. */
class ByKey<W> implements WorkOrder<W> {
  readonly #startable: W[] = []
  readonly #keyOf = new Map<W, unknown>()
  /** Keys that are under way, with those that wait for them. */
  readonly #behind = new Map<unknown, W[]>()

  add(work: W, key: unknown): void {
    const identity = keyIdentity(key)
    this.#keyOf.set(work, identity)
    const behind = this.#behind.get(identity)
    if (behind !== undefined) return void behind.push(work)
    this.#behind.set(identity, [])
    this.#startable.push(work)
  }

  next(): W | undefined {
    return this.#startable.shift()
  }

  ended(work: W): readonly W[] {
    return [work]
  }

  out(work: W): void {
    const identity = this.#keyOf.get(work)
    this.#keyOf.delete(work)
    const next = this.#behind.get(identity)!.shift()
    if (next === undefined) this.#behind.delete(identity)
    else this.#startable.push(next)
  }
}
