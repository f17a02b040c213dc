import { sleep } from '../core/clock.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import { readFetched } from '../protocol/records/read-fetched.ts'
import type { FetchedBatch, RestorePort } from '../runtime/port.ts'
import { backoff } from './backoff.ts'
import { AnswerError } from './broker-errors.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster.ts'
import { fetchFrom, mayFetchAgain, type PartitionFetch } from './fetch-request.ts'
import { LeaderEpochs, type EpochEnd } from './leader-epochs.ts'
import { groupByLeader, listOffsets } from './list-offsets.ts'
import { endLost, refusedPosition, truncatedLog } from './position-errors.ts'

const maxWaitMs = 250
const partitionMaxBytes = 1_048_576
/** Tries in a row without any progress before the error surfaces. */
const attemptsMax = 20

type Range = Parameters<RestorePort['read']>[0][number]

interface Reading extends Range {
  /** The next offset to read. */
  offset: number
  readonly epochs: LeaderEpochs
}

export function clientRestorer(options: ClientOptions, limits: { readonly fetchMaxBytes: number }): RestorePort {
  return new Restorer(options, limits.fetchMaxBytes)
}

/**
 * Reads committed records only: a changelog may hold those of an aborted transaction. A range that begins at 0 begins at
 * the log's start, wherever retention has moved that; one that begins later must still be there, as what is missing of it
 * may have changed the state. So may what is not in the log any more (KIP-320): that is an error, also when a range goes on where one before it
 * ended.
 */
class Restorer implements RestorePort {
  readonly #options: ClientOptions
  readonly #fetchMaxBytes: number
  #cluster: Cluster | undefined
  /** By partition, of all that was read. */
  readonly #epochs = new Map<string, LeaderEpochs>()

  constructor(options: ClientOptions, fetchMaxBytes: number) {
    this.#options = options
    this.#fetchMaxBytes = fetchMaxBytes
  }

  async read(ranges: readonly Range[], onBatch: (batch: FetchedBatch) => void, signal: AbortSignal): Promise<void> {
    let readings: readonly Reading[] = ranges.map((range) => ({
      ...range,
      offset: range.from,
      epochs: this.#epochsFrom(range),
    }))
    for (let attempt = 0; ;) {
      readings = readings.filter(({ offset, end }) => offset < end)
      if (readings.length === 0) return
      const before = readings.reduce((sum, { offset }) => sum + offset, 0)
      const error = await this.#step(readings, onBatch, signal)
      signal.throwIfAborted()
      if (error === undefined || readings.reduce((sum, { offset }) => sum + offset, 0) > before) attempt = 0
      if (error === undefined) continue
      if (!mayFetchAgain(error) || ++attempt > attemptsMax) throw this.#translate(error, readings)
      await sleep(this.#options.clock, backoff(attempt, this.#options.random), signal)
      await this.#cluster?.refresh().catch(() => {})
    }
  }

  #epochsFrom(range: Range): LeaderEpochs {
    const name = topicPartitionName(range)
    const epochs = this.#epochs.get(name) ?? new LeaderEpochs({ offset: range.from })
    this.#epochs.set(name, epochs)
    epochs.cutAt(range.from)
    return epochs
  }

  #translate(error: unknown, readings: readonly Reading[]): unknown {
    return this.#cluster?.translate(error, `restore from ${readings.map(topicPartitionName).join(', ')}`) ?? error
  }

  /** One fetch from each leader. Returns what went wrong with the broker; what `onBatch` throws goes through. */
  async #step(
    readings: readonly Reading[],
    onBatch: (batch: FetchedBatch) => void,
    signal: AbortSignal,
  ): Promise<unknown> {
    const answers = await this.#fetchAll(readings).catch((error: unknown) => ({ error }))
    if ('error' in answers) return answers.error
    for (const [reading, answer] of answers) {
      signal.throwIfAborted()
      if (answer.errorCode === kafkaError.OFFSET_OUT_OF_RANGE) await this.#startAgain(reading)
      else if (answer.diverging !== undefined) throw lost(reading, answer.diverging)
      else if (answer.errorCode !== 0) return new AnswerError(answer.errorCode, reading)
      else {
        hand(reading, answer, onBatch)
        if (reading.offset < reading.end && answer.records.length === 0) await this.#checkEnd(reading)
      }
    }
    return undefined
  }

  async #fetchAll(readings: readonly Reading[]): Promise<readonly (readonly [Reading, PartitionFetch])[]> {
    const cluster = await this.#connect()
    await cluster.addTopics([...new Set(readings.map(({ topic }) => topic))])
    const groups = [...groupByLeader(cluster, readings)]
    return (await Promise.all(groups.map(([leader, ofLeader]) => this.#fetch(cluster, leader, ofLeader)))).flat()
  }

  async #connect(): Promise<Cluster> {
    if (this.#cluster !== undefined) return this.#cluster
    const cluster = new Cluster(this.#options)
    await cluster.connect('restore state')
    return (this.#cluster = cluster)
  }

  async #fetch(
    cluster: Cluster,
    leader: number,
    readings: readonly Reading[],
  ): Promise<readonly (readonly [Reading, PartitionFetch])[]> {
    const maxBytes = this.#fetchMaxBytes
    const options = {
      maxWaitMs,
      maxBytes,
      partitionMaxBytes: Math.min(partitionMaxBytes, maxBytes),
      readCommitted: true,
    }
    const answers = await fetchFrom(cluster, leader, readings, options)
    const byName = new Map(readings.map((reading) => [topicPartitionName(reading), reading]))
    return answers.map((answer) => [byName.get(topicPartitionName(answer))!, answer] as const)
  }

  async #startAgain(reading: Reading): Promise<void> {
    const [low] = await listOffsets(this.#cluster!, [reading], 'earliest')
    const [high] = await listOffsets(this.#cluster!, [reading], 'latest')
    const { from, offset, epochs } = reading
    if (from > 0 || offset >= low!.offset)
      throw refusedPosition(reading, epochs.before(offset), { low: low!.offset, high: high!.offset })
    reading.offset = low!.offset
    epochs.cutAt(low!.offset)
  }

  /** There may be nothing to come: the log has lost what it had when the range was made, and nobody writes to it meanwhile. */
  async #checkEnd(reading: Reading): Promise<void> {
    const [high] = await listOffsets(this.#cluster!, [reading], 'latest')
    if (high!.offset < reading.end) throw endLost(reading, reading.end, high!.offset)
  }

  async close(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    await cluster?.close()
  }
}

function hand(reading: Reading, answer: PartitionFetch, onBatch: (batch: FetchedBatch) => void): void {
  const { topic, partition, offset, end } = reading
  const batch = readFetched({ topic, partition, from: offset, records: answer.records, aborted: answer.aborted })
  batch.highWatermark = Math.max(answer.end, batch.nextOffset)
  batch.cutAt(end)
  if (batch.count > 0) onBatch(batch)
  reading.offset = batch.nextOffset
  reading.epochs.add(batch.epochs, batch.nextOffset)
}

/** What was handed over cannot be taken back. */
function lost({ epochs, ...position }: Reading, diverging: EpochEnd): Error {
  const parting = epochs.partingAt(diverging)
  const remedy = `Start the app again: it restores what the log holds now, without what was lost from offset ${parting} on`
  return truncatedLog(position, epochs.before(position.offset), { ...diverging, parting, remedy })
}
