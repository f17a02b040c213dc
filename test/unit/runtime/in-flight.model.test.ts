import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, string, topology, type AsyncOrder, type Topology } from 'millrace'
import { record, taskRig, type TaskRig } from './task-rig.ts'

interface Piece {
  readonly key: string
  readonly offset: number
  readonly index: number
  readonly stage: number
}

interface Waiting {
  readonly piece: Piece
  readonly succeed: () => void
  readonly fail: () => void
}

interface Settings {
  readonly order: AsyncOrder
  readonly concurrency: number
  readonly stages: number
  readonly batch: boolean
  readonly stateAbove: boolean
}

type Step =
  | { readonly kind: 'write'; readonly key: string; readonly pieces: number }
  | { readonly kind: 'process' | 'deliver' | 'commit' }
  | { readonly kind: 'answer'; readonly which: number; readonly fails: boolean }

const serdes = { key: string(), value: json<Piece>() }

/** A call that ends when the run says so, and at once: no promise, whose end would come later. */
class Calls {
  readonly waiting: Waiting[] = []
  most = 0

  take(piece: Piece): PromiseLike<Piece> {
    return {
      then: (succeed: any, fail: any) => {
        const end = (how: () => unknown) => () => {
          this.waiting.splice(this.waiting.indexOf(call), 1)
          how()
        }
        const call: Waiting = {
          piece,
          succeed: end(() => succeed({ ...piece, stage: piece.stage + 1 })),
          fail: end(() => fail(new Error('no'))),
        }
        this.waiting.push(call)
        this.most = Math.max(this.most, this.waiting.length)
        return undefined as never
      },
    }
  }
}

function topologyOf({ order, concurrency, stages, batch, stateAbove }: Settings, calls: Calls): Topology {
  return topology('model', (builder) => {
    let pieces = builder
      .stream('in', { key: string(), value: json<{ readonly pieces: number; readonly offset: number }>() })
      .flatMapValues(({ pieces: count, offset }, key) =>
        Array.from({ length: count }, (_, index): Piece => ({ key, offset, index, stage: 0 })),
      )
    if (stateAbove)
      pieces = pieces
        .groupByKey(serdes)
        .reduce((_, piece) => piece)
        .toStream() as typeof pieces
    for (let stage = 0; stage < stages; stage++) {
      pieces = pieces.mapValuesAsync((piece) => calls.take(piece), { order, concurrency })
    }
    if (batch) pieces = pieces.mapBatch((all) => all.map(({ value }) => value), { maxRecords: 3 })
    pieces.to('out', serdes)
  })
}

/** What the run must show at every moment, kept beside it. */
class Model {
  readonly #settings: Settings
  /** Records that were written. */
  written = 0
  readonly pieces: Piece[] = []
  readonly failed: Piece[] = []
  readonly out: Piece[] = []
  committed = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  wrote(key: string, offset: number, pieces: number): void {
    this.written += 1
    for (let index = 0; index < pieces; index++) this.pieces.push({ key, offset, index, stage: this.#settings.stages })
  }

  checkOrder(): void {
    const lists =
      this.#settings.order === 'partition'
        ? [[this.out, this.pieces]]
        : ['a', 'b', 'c'].map((key) => [this.out, this.pieces].map((list) => list.filter((piece) => piece.key === key)))
    if (this.#settings.order === 'none') return
    const failed = new Set(this.failed.map(nameOf))
    for (const [out, all] of lists) {
      const expected = all!.map(nameOf).filter((name) => !failed.has(name))
      expect(out!.map(nameOf)).toEqual(expected.slice(0, out!.length))
    }
  }
}

const nameOf = ({ offset, index }: Piece): string => `${offset}/${index}`

class Run {
  readonly #rig: TaskRig
  readonly #calls: Calls
  readonly #model: Model
  readonly #settings: Settings

  constructor(rig: TaskRig, calls: Calls, settings: Settings) {
    this.#rig = rig
    this.#calls = calls
    this.#settings = settings
    this.#model = new Model(settings)
  }

  step(step: Step): void {
    const { task } = this.#rig
    if (step.kind === 'write') this.#write(step.key, step.pieces)
    else if (step.kind === 'answer') this.#answer(step.which, step.fails)
    else if (step.kind === 'deliver') this.#deliver()
    else if (step.kind === 'commit') this.#commit()
    else if (task.nextTimestamp() !== undefined) task.process()
    this.#collect()
    expect(this.#calls.most).toBeLessThanOrEqual(this.#settings.concurrency * this.#settings.stages)
    this.#model.checkOrder()
  }

  /** All answers come, and everything is committed. */
  finish(): void {
    for (let rounds = 0; this.#model.committed < this.#model.written; rounds++) {
      expect(rounds, 'it comes to an end').toBeLessThan(2_000)
      for (const kind of ['process', 'deliver', 'commit'] as const) this.step({ kind })
      this.step({ kind: 'answer', which: rounds, fails: false })
    }
    const names = (pieces: readonly Piece[]): readonly string[] => pieces.map(nameOf).toSorted()
    expect(names([...this.#model.out, ...this.#model.failed])).toEqual(names(this.#model.pieces))
    expect(this.#rig.task.inFlight.isEmpty).toBe(true)
  }

  #write(key: string, pieces: number): void {
    const offset = this.#model.written
    this.#model.wrote(key, offset, pieces)
    this.#rig.enqueue('in', record(key, JSON.stringify({ pieces, offset }), offset))
  }

  #answer(which: number, fails: boolean): void {
    const { waiting } = this.#calls
    const call = waiting[which % Math.max(1, waiting.length)]
    if (call === undefined) return
    if (!fails) return call.succeed()
    this.#model.failed.push(call.piece)
    call.fail()
  }

  #deliver(): void {
    this.#rig.task.inFlight.turnEnded(this.#rig.task.bufferedTotal > 0)
    this.#rig.task.inFlight.deliver()
  }

  #commit(): void {
    const { task } = this.#rig
    if (!task.inFlight.mayCommit()) return
    if (this.#settings.stateAbove) expect(task.inFlight.isEmpty).toBe(true)
    task.flushStores()
    this.#collect()
    const [offset] = task.offsetsToCommit()
    if (offset !== undefined) {
      expect(offset.offset).toBeGreaterThanOrEqual(this.#model.committed)
      this.#model.committed = offset.offset
    }
    task.committed()
    const unfinished = this.#model.pieces.filter((piece) => !this.#isDone(piece))
    for (const { offset: open } of unfinished) expect(this.#model.committed).toBeLessThanOrEqual(open)
  }

  #isDone(piece: Piece): boolean {
    const name = nameOf(piece)
    return [...this.#model.out, ...this.#model.failed].some((each) => nameOf(each) === name)
  }

  #collect(): void {
    for (const { topic, value } of this.#rig.sent.splice(0)) {
      if (topic !== 'out') continue
      const piece = JSON.parse(Buffer.from(value!).toString()) as Piece
      expect(this.#model.out.map(nameOf), 'nothing comes twice').not.toContain(nameOf(piece))
      expect(piece.stage).toBe(this.#settings.stages)
      this.#model.out.push(piece)
    }
  }
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        key: fc.constantFrom('a', 'b', 'c'),
        pieces: fc.integer({ min: 0, max: 3 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('process' as const, 'deliver' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        which: fc.nat({ max: 20 }),
        fails: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
      }),
    },
  ),
  { minLength: 20, maxLength: 120 },
)

const settings: fc.Arbitrary<Settings> = fc.record({
  order: fc.constantFrom('key' as const, 'partition' as const, 'none' as const),
  concurrency: fc.integer({ min: 1, max: 4 }),
  stages: fc.integer({ min: 1, max: 2 }),
  batch: fc.boolean(),
  stateAbove: fc.boolean(),
})

test('whatever finishes first: each key keeps its order, nothing is lost or doubled, no offset is committed too early', async () => {
  await fc.assert(
    fc.asyncProperty(settings, steps, async (chosen, sequence) => {
      const calls = new Calls()
      const rig = await taskRig(topologyOf(chosen, calls), { handlers: { process: () => 'continue' } })
      const run = new Run(rig, calls, chosen)
      for (const step of sequence) run.step(step)
      run.finish()
    }),
    { numRuns: 100 },
  )
})
