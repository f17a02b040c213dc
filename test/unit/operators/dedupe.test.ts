import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { streamRecord } from '../../../src/core/stream-record.ts'
import { DedupeOperator, type DedupeOrigin } from '../../../src/operators/dedupe.ts'
import { json } from '../../../src/serde/json.ts'
import { pair } from '../../../src/serde/pair.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { RecordingContext } from '../../support/recording-context.ts'
import { flushed } from '../state/store-rig.ts'

type Verdict = 'pass' | 'duplicate' | 'late' | 'null-key'
type Late = 'pass' | 'drop'
type Key = readonly [string, string]

interface Input {
  readonly key: string | null
  readonly id: string | null
  readonly timestamp: number
}

/** The operator on a store that can be lost and restored from its changelog; offsets go on, or back. */
class Subject {
  readonly #withinMs: number
  readonly #late: Late
  readonly #changelog: { readonly key: Uint8Array; readonly value: Uint8Array | null; readonly timestamp: number }[] =
    []
  #context!: RecordingContext
  #operator!: DedupeOperator<string, string | null, string>
  store!: MemoryWindowStore<Key, DedupeOrigin>

  constructor(withinMs: number, late: Late = 'pass') {
    this.#withinMs = withinMs
    this.#late = late
    this.#start()
  }

  #start(): void {
    const [withinMs, late] = [this.#withinMs, this.#late]
    const options = { retentionMs: 2 * withinMs + 1, windowSizeMs: withinMs }
    this.store = new MemoryWindowStore('ids', { key: pair(string(), json<string>()), value: json() }, options)
    for (const { key, value, timestamp } of this.#changelog) this.store.restore(key, value, timestamp)
    this.#operator = new DedupeOperator(
      { idOf: (value: string | null) => value, withinMs, late },
      { store: this.store },
    )
    this.#context = new RecordingContext()
    this.#operator.init(this.#context)
  }

  restart(): void {
    this.#changelog.push(...flushed(this.store))
    this.#start()
  }

  at(offset: number | undefined, input: Input): Verdict {
    const { forwarded, dropped } = this.#context
    this.#context.metadata = offset === undefined ? undefined : { topic: 'in', partition: 0, offset }
    const record = streamRecord(input.key, input.id, input.timestamp, [['h', Buffer.of(1)]])
    this.#operator.process(record)
    const [passed, ...more] = forwarded.splice(0)
    const reasons = dropped.splice(0)
    expect([...more, ...reasons].length).toBe(passed === undefined ? 1 : 0)
    if (passed !== undefined) expect(passed).toBe(record)
    return (reasons[0] ?? 'pass') as Verdict
  }
}

/** The rule, read aloud: everything that was kept is looked through. */
class Definition {
  readonly kept: { readonly key: string; readonly id: string; readonly time: number }[] = []
  readonly #withinMs: number
  readonly #late: Late

  constructor(withinMs: number, late: Late) {
    this.#withinMs = withinMs
    this.#late = late
  }

  verdict({ key, id, timestamp }: Input): Verdict {
    if (key === null) return 'null-key'
    if (id === null) return 'pass'
    const streamTime = this.streamTime
    const repeats = this.remembered.some(
      (other) => other.key === key && other.id === id && Math.abs(other.time - timestamp) <= this.#withinMs,
    )
    if (repeats) return 'duplicate'
    if (timestamp < streamTime - this.#withinMs) return this.#late === 'drop' ? 'late' : 'pass'
    this.kept.push({ key, id, time: timestamp })
    return 'pass'
  }

  get streamTime(): number {
    return Math.max(-1, ...this.kept.map(({ time }) => time))
  }

  get remembered(): Definition['kept'] {
    return this.kept.filter(({ time }) => time >= this.streamTime - 2 * this.#withinMs)
  }
}

const inputs: fc.Arbitrary<readonly Input[]> = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'a', 'b', 'ab', '', null),
      id: fc.constantFrom('x', 'x', 'bx', 'y', '', null),
      advanceMs: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 0, max: 6 }) },
        { weight: 1, arbitrary: fc.integer({ min: 20, max: 90 }) },
      ),
      behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 60 })),
    }),
    { minLength: 1, maxLength: 80, size: 'max' },
  )
  .map((all) => {
    let clock = 100
    return all.map(({ advanceMs, behindMs, ...input }) => ({ ...input, timestamp: (clock += advanceMs) - behindMs }))
  })
const withins = fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 2, max: 20 }))
const lates = fc.constantFrom<Late>('pass', 'drop')

function isRepeat(a: Input, b: Input, withinMs: number): boolean {
  return a.key === b.key && a.id === b.id && Math.abs(a.timestamp - b.timestamp) <= withinMs
}

describe('dedupe', () => {
  test('judges as the definition does, through restarts', () => {
    const seen = new Set<Verdict>()
    fc.assert(
      fc.property(inputs, withins, lates, fc.integer({ min: 1, max: 20 }), (all, withinMs, late, restartEach) => {
        const definition = new Definition(withinMs, late)
        const subject = new Subject(withinMs, late)
        all.forEach((input, offset) => {
          if (offset % restartEach === restartEach - 1) subject.restart()
          const verdict = subject.at(offset, input)
          expect(verdict).toBe(definition.verdict(input))
          seen.add(verdict)
          expect(subject.store.entryCount).toBe(definition.remembered.length)
        })
      }),
      { numRuns: 300 },
    )
    expect([...seen].toSorted()).toEqual(['duplicate', 'late', 'null-key', 'pass'])
  })

  test('what was let through is let through again when it is read again after a crash, itself or a repeat of it', () => {
    fc.assert(
      fc.property(inputs, withins, fc.nat(79), fc.nat(79), (all, withinMs, crashAt, backBy) => {
        const subject = new Subject(withinMs)
        const crash = 1 + (crashAt % all.length)
        const first = all.slice(0, crash).map((input, offset) => subject.at(offset, input))
        subject.restart()
        const from = Math.max(0, crash - 1 - backBy)
        const again = all.slice(from, crash).map((input, index) => subject.at(from + index, input))
        // One that was late passed without being kept. What was kept after it may be near enough for it to count as a repeat.
        const repeatPasses = (index: number): boolean =>
          all
            .slice(index + 1, crash)
            .some((other, n) => again[index + 1 + n - from] === 'pass' && isRepeat(all[index]!, other, withinMs))
        first.slice(from).forEach((verdict, index) => {
          if (verdict === 'pass' && !repeatPasses(from + index)) expect(again[index]).toBe('pass')
        })
      }),
      { numRuns: 300 },
    )
  })

  test('a late record that passed unkept is a repeat, read again, of one that was kept after it', () => {
    const subject = new Subject(10)
    const inputs = [
      { key: 'k', id: 'other', timestamp: 120 },
      { key: 'k', id: 'i', timestamp: 109 },
      { key: 'k', id: 'i', timestamp: 112 },
    ]
    expect(inputs.map((input, offset) => subject.at(offset, input))).toEqual(['pass', 'pass', 'pass'])
    subject.restart()
    expect(inputs.map((input, offset) => subject.at(offset, input))).toEqual(['pass', 'duplicate', 'pass'])
  })

  test('of records with equal ids the one that arrives first passes, also when it is the younger', () => {
    const subject = new Subject(10)
    expect(subject.at(0, { key: 'k', id: 'i', timestamp: 100 })).toBe('pass')
    expect(subject.at(1, { key: 'k', id: 'i', timestamp: 90 })).toBe('duplicate')
    expect(subject.at(2, { key: 'k', id: 'i', timestamp: 110 })).toBe('duplicate')
    expect(subject.at(3, { key: 'k', id: 'i', timestamp: 111 })).toBe('pass')
  })

  test('a repeat does not prolong the time of the one that passed', () => {
    const subject = new Subject(10)
    const verdicts = [0, 6, 12].map((timestamp, offset) => subject.at(offset, { key: 'k', id: 'i', timestamp }))
    expect(verdicts).toEqual(['pass', 'duplicate', 'pass'])
  })

  test('one input record that becomes several with one id gives one, also when it is read again', () => {
    const subject = new Subject(10)
    const input = { key: 'k', id: 'i', timestamp: 5 }
    expect([subject.at(7, input), subject.at(7, input)]).toEqual(['pass', 'duplicate'])
    subject.restart()
    expect([subject.at(7, input), subject.at(7, input), subject.at(8, input)]).toEqual([
      'pass',
      'duplicate',
      'duplicate',
    ])
  })

  test('what a punctuation sends is never taken for the same record', () => {
    const subject = new Subject(10)
    const input = { key: 'k', id: 'i', timestamp: 5 }
    expect(subject.at(undefined, input)).toBe('pass')
    subject.restart()
    expect(subject.at(undefined, input)).toBe('duplicate')
  })

  test('an id of a late record is not remembered', () => {
    const subject = new Subject(10)
    subject.at(0, { key: 'k', id: 'new', timestamp: 100 })
    const late = { key: 'k', id: 'old', timestamp: 89 }
    expect([subject.at(1, late), subject.at(2, late), subject.store.entryCount]).toEqual(['pass', 'pass', 1])
  })
})
