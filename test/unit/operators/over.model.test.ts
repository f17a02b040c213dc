import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { streamRecord } from '../../../src/core/stream-record.ts'
import { OverOperator, type OverOptions } from '../../../src/operators/over.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryOverStore } from '../../../src/state/memory-over-store.ts'
import type { InvertibleAggregate } from '../../../src/topology/functions.ts'
import type { OverRange } from '../../../src/topology/windows.ts'
import { RecordingContext } from '../../support/recording-context.ts'
import { flushed } from '../state/store-rig.ts'

interface Payment {
  readonly id: number
  readonly counts: boolean
}

/** Keeps what is in the window itself, and fails when it is asked to take out what is not. */
const members: InvertibleAggregate<Payment, Set<number>, number[]> = {
  init: () => new Set(),
  add: (ids, { id }) => {
    if (ids.has(id)) throw new Error(`${id} is added twice`)
    return ids.add(id)
  },
  subtract: (ids, { id }) => {
    if (!ids.delete(id)) throw new Error(`${id} is not in the window`)
    return ids
  },
  result: (ids) => [...ids].sort((a, b) => a - b),
}

interface Settings {
  readonly ranges: readonly OverRange[]
  readonly graceMs: number
  readonly closed: 'right' | 'both'
  readonly filtered: boolean
}

type Step =
  | {
      readonly kind: 'record'
      readonly key: string
      readonly advanceMs: number
      readonly behindMs: number
      readonly counts: boolean
    }
  | { readonly kind: 'flush' }
  | { readonly kind: 'restart' }

const settings: fc.Arbitrary<Settings> = fc.record({
  ranges: fc
    .array(
      fc.record({
        rangeMs: fc.integer({ min: 0, max: 60 }),
        delayMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((ranges) => ranges.map((range, i) => ({ name: `range${i}`, ...range }))),
  graceMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 })),
  closed: fc.constantFrom('right', 'both'),
  filtered: fc.boolean(),
})

const record: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('record'),
  key: fc.constantFrom('a', 'a', 'a', 'b', 'c', ''),
  advanceMs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 1, arbitrary: fc.integer({ min: 50, max: 400 }) },
  ),
  behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 70 })),
  counts: fc.boolean(),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 60, arbitrary: record },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'flush' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
  ),
  { minLength: 1, maxLength: 150, size: 'max' },
)

/** The definition, read aloud: everything is kept and each window is filtered from it. */
class Definition {
  readonly #settings: Settings
  readonly arrived: { readonly key: string; readonly time: number; readonly id: number }[] = []
  streamTime = -1

  constructor(chosen: Settings) {
    this.#settings = chosen
  }

  result(key: string, time: number, { id, counts }: Payment): Record<string, number[]> | 'late' {
    const { ranges, graceMs, closed, filtered } = this.#settings
    this.streamTime = Math.max(this.streamTime, time)
    if (time < this.streamTime - graceMs) return 'late'
    if (counts || !filtered) this.arrived.push({ key, time, id })
    const covered = ({ rangeMs, delayMs }: OverRange): number[] => {
      const right = time - delayMs
      const left = right - rangeMs
      const inside = this.arrived.filter(
        (other) =>
          other.key === key && other.time <= right && (closed === 'both' ? other.time >= left : other.time > left),
      )
      return inside.map((other) => other.id).sort((a, b) => a - b)
    }
    return Object.fromEntries(ranges.map((range) => [range.name, covered(range)]))
  }

  countFrom(time: number): number {
    return this.arrived.filter((entry) => entry.time >= time).length
  }
}

/** The operator on a store that can be lost and restored from its changelog. */
class Subject {
  readonly #options: OverOptions<string, Payment, number[]>
  readonly retentionMs: number
  readonly #changelog: { readonly key: Uint8Array; readonly value: Uint8Array | null; readonly timestamp: number }[] =
    []
  readonly #context = new RecordingContext()
  store!: MemoryOverStore<string, Payment>
  #operator!: OverOperator<string, Payment, number[]>

  constructor({ ranges, graceMs, closed, filtered }: Settings) {
    const where = filtered ? (payment: Payment) => payment.counts : null
    this.#options = { ranges, graceMs, closed, where, aggregate: members }
    this.retentionMs = graceMs + Math.max(...ranges.map(({ rangeMs, delayMs }) => rangeMs + delayMs))
    this.#start()
  }

  #start(): void {
    this.store = new MemoryOverStore(
      'over',
      { key: string(), value: json<Payment>() },
      { retentionMs: this.retentionMs },
    )
    for (const { key, value } of this.#changelog) this.store.restore(key, value)
    this.#operator = new OverOperator(this.#options, { store: this.store })
    this.#operator.init(this.#context)
  }

  flush(): void {
    this.#changelog.push(...flushed(this.store))
  }

  restart(): void {
    this.flush()
    this.#start()
  }

  result(key: string, time: number, payment: Payment): unknown {
    this.#operator.process(streamRecord(key, payment, time))
    const [drop] = this.#context.dropped.splice(0)
    const [sent, ...more] = this.#context.forwarded.splice(0)
    expect(more).toEqual([])
    return drop ?? (sent!.value as { readonly over: unknown }).over
  }
}

function play(chosen: Settings, script: readonly Step[]): void {
  const definition = new Definition(chosen)
  const subject = new Subject(chosen)
  let clock = 1_000
  script.forEach((step, id) => {
    if (step.kind === 'flush') return subject.flush()
    if (step.kind === 'restart') return subject.restart()
    clock += step.advanceMs
    const time = clock - step.behindMs
    const payment: Payment = { id, counts: step.counts }
    expect(subject.result(step.key, time, payment)).toEqual(definition.result(step.key, time, payment))
    const { store, retentionMs } = subject
    const expired = definition.streamTime - retentionMs
    expect(store.entryCount).toBeGreaterThanOrEqual(definition.countFrom(expired))
    expect(store.entryCount).toBeLessThanOrEqual(definition.countFrom(expired - Math.max(1, retentionMs / 128)))
  })
}

describe('over', () => {
  it('gives what the definition gives: ties, disorder, delays, both ends, filters, keys and restarts', () => {
    fc.assert(fc.property(settings, steps, play), { numRuns: 400 })
  })
})
