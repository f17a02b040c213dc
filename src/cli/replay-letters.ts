import type { Clock } from '../core/clock.ts'
import { sleep } from '../core/clock.ts'
import { BrokerError } from '../core/errors.ts'
import { chainOf, planReplay, type ReplayStep } from '../runtime/plan-replay.ts'
import type { Letter } from '../runtime/letter.ts'
import type { AdminPort, KafkaPort, ProducerPort } from '../runtime/port.ts'
import { selectForReplay, type LetterFilter } from './letter-filter.ts'
import type { LetterTopic } from './letter-topic.ts'
import { position } from './print-letters.ts'
import { UsageError } from './usage-error.ts'

export interface ReplayOptions {
  readonly filter: LetterFilter
  /** Positions (`topic-partition@offset`) of records that are given up. */
  readonly discard: ReadonlySet<string>
  /** How long to wait in all for the app to take what was sent, and to go on with what was parked meanwhile; null: not at all. */
  readonly waitMs: number | null
}

/** What came of a replay. */
export interface ReplayResult {
  readonly sent: number
  readonly discarded: number
  /** Of keys whose record failed again: they are in the dead-letter topic once more. Only known after waiting. */
  readonly failedAgain: readonly Letter[]
  /** The wait was over before the app had taken everything. */
  readonly late: boolean
}

const producerOptions = {
  clientId: 'millrace-dlq',
  compression: 'none',
  lingerMs: 5,
  batchBytes: 65_536,
  bufferedBytesMax: 16 * 1024 * 1024,
  deliveryTimeoutMs: 60_000,
} as const
/** How often to ask how far the app has come. */
const askEveryMs = 250

export interface ReplayTools {
  readonly letters: LetterTopic
  readonly port: KafkaPort
  readonly admin: AdminPort
  readonly clock: Clock
}

/** Which letters a replay takes, and in which order it sends them. @throws UsageError for a position that no letter has */
export function stepsOf(
  letters: readonly Letter[],
  { filter, discard }: Omit<ReplayOptions, 'waitMs'>,
): readonly ReplayStep[] {
  const selected = selectForReplay(letters, filter)
  const known = new Set(selected.map(position))
  for (const each of discard) {
    if (!known.has(each))
      throw new UsageError(`no dead letter of this replay is of the record ${each}; millrace dlq list shows them`)
  }
  return planReplay(selected, (letter) => discard.has(position(letter)))
}

/**
 * Brings dead letters back to the topics that they came from. Everything is acknowledged before the letters are marked as done: a crash
 * in between sends some twice, and loses none.
 */
export async function replayLetters(tools: ReplayTools, options: ReplayOptions): Promise<ReplayResult> {
  const producer = tools.port.producer(producerOptions)
  await producer.connect()
  try {
    await tools.letters.prepareMarks()
    return await new Replaying(tools, producer, options).run()
  } finally {
    await producer.close()
  }
}

class Replaying {
  readonly #tools: ReplayTools
  readonly #producer: ProducerPort
  readonly #options: ReplayOptions
  #failure: Error | undefined
  readonly #failedAgain = new Map<string, Letter>()
  #discarded = 0
  #sent = 0

  constructor(tools: ReplayTools, producer: ProducerPort, options: ReplayOptions) {
    this.#tools = tools
    this.#producer = producer
    this.#options = options
  }

  async run(): Promise<ReplayResult> {
    const { waitMs, filter } = this.#options
    const { clock, letters } = this.#tools
    const untilMs = waitMs === null ? 0 : clock.monotonic() + waitMs
    let steps = stepsOf((await letters.pending()).letters, this.#options)
    while (steps.length > 0) {
      await this.#send(steps)
      if (waitMs === null) break
      if (!(await this.#taken(steps, untilMs))) return this.#result(true)
      const parked = (await letters.pending()).letters.filter(({ parked: state }) => state !== null)
      this.#noteFailures(steps, parked)
      const left = selectForReplay(parked, filter).filter((letter) => !this.#failedAgain.has(chainOf(letter)))
      steps = planReplay(left, () => false)
    }
    return this.#result(false)
  }

  /** A key that failed again is not tried again by the same command: nothing has changed since. */
  #noteFailures(steps: readonly ReplayStep[], parked: readonly Letter[]): void {
    const tried = new Set(steps.map(({ letter }) => chainOf(letter)))
    for (const letter of parked) {
      const chain = chainOf(letter)
      if (letter.parked === 'poisoned' && tried.has(chain)) this.#failedAgain.set(chain, letter)
    }
  }

  #result(late: boolean): ReplayResult {
    return { sent: this.#sent, discarded: this.#discarded, failedAgain: [...this.#failedAgain.values()], late }
  }

  async #send(steps: readonly ReplayStep[]): Promise<void> {
    await this.#checkTopics(steps)
    for (const { record, discard } of steps) {
      if (discard) this.#discarded += 1
      else this.#sent += 1
      if (record === null) continue
      if (!this.#producer.hasRoom()) await this.#producer.room()
      this.#producer.send(record, (_, error) => (this.#failure ??= error))
    }
    await this.#flush('the replay stopped: not every record could be written; none is marked as replayed')
    for (const { letters, discard } of steps) {
      for (const letter of letters) {
        const onFailed = (error: Error): unknown => (this.#failure ??= error)
        this.#tools.letters.mark(this.#producer, letter, discard ? 'discarded' : 'replayed', onFailed)
      }
    }
    await this.#flush('the records were replayed, but not all could be marked: the next replay would send them again')
  }

  async #flush(message: string): Promise<void> {
    await this.#producer.flush()
    if (this.#failure === undefined) return
    const cause = this.#failure
    throw new BrokerError('MILLRACE_BROKER_FAILED', `${message}: ${cause.message}`, { retriable: false, cause })
  }

  /** @throws UsageError when a record's topic or partition is gone */
  async #checkTopics(steps: readonly ReplayStep[]): Promise<void> {
    const counts = await this.#tools.admin.partitionCounts([...new Set(steps.map(({ letter }) => letter.topic))])
    for (const { letter } of steps) {
      if (letter.partition < (counts.get(letter.topic) ?? 0)) continue
      const has = counts.has(letter.topic)
        ? `topic ${letter.topic} has no partition ${letter.partition}`
        : `there is no topic ${letter.topic}`
      throw new UsageError(
        `${position(letter)} cannot be replayed: ${has} any more. Nothing was sent; --source-topic takes the others`,
      )
    }
  }

  /** The apps have committed beyond everything that was sent; what they parked again is in the dead-letter topic by then. */
  async #taken(steps: readonly ReplayStep[], untilMs: number): Promise<boolean> {
    const { clock } = this.#tools
    const goals = await this.#goals(steps)
    for (;;) {
      const reached = await Promise.all(goals.map((goal) => this.#isReached(goal)))
      if (reached.every(Boolean)) return true
      const leftMs = untilMs - clock.monotonic()
      if (leftMs <= 0) return false
      await sleep(clock, Math.min(askEveryMs, leftMs))
    }
  }

  async #goals(steps: readonly ReplayStep[]): Promise<readonly Goal[]> {
    const parked = steps.filter(({ letter }) => letter.application !== null)
    const goals = new Map<string, Goal>()
    for (const { letter } of parked) {
      const { application, topic, partition } = letter
      const name = JSON.stringify([application, topic, partition])
      if (goals.has(name)) continue
      const end = (await this.#tools.admin.offsets(topic)).find((each) => each.partition === partition)!.high
      goals.set(name, { group: application!, topic, partition, end })
    }
    return [...goals.values()]
  }

  async #isReached({ group, topic, partition, end }: Goal): Promise<boolean> {
    const committed = await this.#tools.admin.committedOffsets(group, [topic])
    return committed.some((each) => each.topic === topic && each.partition === partition && each.offset >= end)
  }
}

interface Goal {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly end: number
}
