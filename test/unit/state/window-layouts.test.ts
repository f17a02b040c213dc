/* The two layouts of a window store, by key and by start, are one store to whoever uses it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { flushed, restored, text } from './store-rig.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd')
const start = fc.integer({ min: 0, max: 40 }).map((n) => n * 5)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key, start, value: fc.option(fc.string()) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('elapse' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), start }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
type Store = MemoryWindowStore<string, string>

class Layout {
  readonly #advanceMs: { readonly advanceMs?: number }
  readonly #emitFinal: boolean
  readonly #changelog: ReturnType<typeof flushed> = []
  store: Store

  constructor(advanceMs: { readonly advanceMs?: number }, emitFinal: boolean) {
    this.#advanceMs = advanceMs
    this.#emitFinal = emitFinal
    this.store = this.#make()
  }

  #make(): Store {
    const options = { retentionMs: 50, windowSizeMs: 10, emitFinal: this.#emitFinal, ...this.#advanceMs }
    return new MemoryWindowStore('windows', { key: text, value: text }, options)
  }

  /** What there is to see of the step, and of the store behind it. */
  run(one: Step): unknown {
    const answer = this.#answer(one)
    const { store } = this
    const ranges = ['a', 'b'].map((name) => [...store.fetchRange(name, 20, 120)])
    const { entryCount, changedCount, streamTime, latestTimestamp, firstWaiting } = store
    return [
      answer,
      ranges,
      [...store.all()],
      store.fetch('a', 100),
      entryCount,
      changedCount,
      streamTime,
      latestTimestamp,
      firstWaiting,
    ]
  }

  #answer(one: Step): unknown {
    switch (one.do) {
      case 'put':
        return this.store.put(one.key, one.value, one.start, one.start + 1)
      case 'elapse':
        return this.store.elapse(one.ms)
      case 'close':
        return this.#emitFinal ? this.store.takeClosed(one.start) : undefined
      case 'commit':
        return this.store.committed()
      case 'restart':
        this.#flush()
        this.store = restored(this.#make(), this.#changelog)
        return undefined
      default:
        return this.#flush()
    }
  }

  #flush(): unknown {
    const written = flushed(this.store)
    this.#changelog.push(...written)
    return written
  }
}

test.each([false, true])('answer alike, whatever is done to them (final results: %s)', (emitFinal) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const byKey = new Layout({}, emitFinal)
      const byStart = new Layout({ advanceMs: 5 }, emitFinal)
      for (const one of steps) expect(byStart.run(one)).toEqual(byKey.run(one))
    }),
    { numRuns: 300 },
  )
})
