import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Letter } from '../../../src/runtime/letter.ts'
import { planReplay } from '../../../src/runtime/plan-replay.ts'
import { branches, parkingRig, type ParkingRig, type Poison } from './parking-rig.ts'

const keys = ['a', 'b', 'c'] as const

type Move =
  | {
      readonly kind: 'record'
      readonly key: (typeof keys)[number]
      readonly poisons: readonly ('first' | 'half' | 'second')[]
    }
  | { readonly kind: 'mend'; readonly which: number }
  /** `shuffle`: another order than the command's. `between`: a record that arrives while the replay runs. */
  | { readonly kind: 'replay'; readonly shuffle: number | null; readonly between: (typeof keys)[number] | null }

const key = fc.constantFrom(...keys)
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      key,
      poisons: fc.subarray(['first', 'half', 'second'] as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('record' as const), key, poisons: fc.constant([]) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mend' as const), which: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('replay' as const),
      shuffle: fc.option(fc.nat(1_000)),
      between: fc.option(key),
    }),
  },
)

class Run {
  readonly poison: Poison
  readonly rig: ParkingRig
  readonly sent = new Map<string, number[]>(keys.map((each) => [each, []]))
  #next = 0
  #pending: Letter[] = []

  constructor(poison: Poison, rig: ParkingRig) {
    this.poison = poison
    this.rig = rig
  }

  record(to: string, poisons: readonly string[]): void {
    const value = (this.#next += 1)
    if (poisons.includes('first')) this.poison.first.add(value)
    if (poisons.includes('half')) this.poison.first.add(value + 0.5)
    if (poisons.includes('second')) this.poison.second.add(value)
    this.sent.get(to)!.push(value)
    this.rig.pipe(to, value)
  }

  mend(which: number): void {
    const all = [...this.poison.first, ...this.poison.second]
    const value = all[which % Math.max(1, all.length)]
    if (value === undefined) return
    this.poison.first.delete(value)
    this.poison.second.delete(value)
  }

  /** Brings back all that is in the dead-letter topic. */
  replay(shuffle: number | null, between: string | null): void {
    this.#pending.push(...this.rig.letters())
    const steps = [...planReplay(this.#pending, () => false)]
    this.#pending = []
    if (shuffle !== null)
      steps.sort(
        (a, b) => ((a.letter.place.offset * 7919 + shuffle) % 13) - ((b.letter.place.offset * 7919 + shuffle) % 13),
      )
    for (const [index, { record }] of steps.entries()) {
      if (index === 1 && between !== null) this.record(between, [])
      this.rig.send(record!)
    }
  }

  get left(): boolean {
    this.#pending.push(...this.rig.letters())
    return this.#pending.length > 0
  }
}

test('every record goes through every branch once, each key in order, whatever fails, is mended and replayed meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
      const poison = { first: new Set<number>(), second: new Set<number>() }
      const run = new Run(poison, await parkingRig(branches(poison)))
      for (const each of moves) {
        if (each.kind === 'record') run.record(each.key, each.poisons)
        else if (each.kind === 'mend') run.mend(each.which)
        else run.replay(each.shuffle, each.between)
        inOrderSoFar(run)
      }
      poison.first.clear()
      poison.second.clear()
      for (let rounds = 0; run.left; rounds++) {
        expect(rounds).toBeLessThan(60)
        run.replay(null, null)
      }
      for (const [name, values] of run.sent) {
        expect(run.rig.values('before', name)).toEqual(values)
        expect(run.rig.values('middle', name)).toEqual(values.flatMap((value) => [value, value + 0.5]))
        expect(run.rig.values('behind', name)).toEqual(values)
      }
      expect([...run.rig.driver.keyValueStore('in-parked')!.all()]).toEqual([])
    }),
    { numRuns: 60 },
  )
})

/** What is out already is the beginning of what went in. */
function inOrderSoFar({ sent, rig }: Run): void {
  for (const [name, values] of sent) {
    for (const topic of ['before', 'behind']) {
      const out = rig.values(topic, name)
      expect(out).toEqual(values.slice(0, out.length))
    }
  }
}
