import type { TopicPartition } from '../core/topic-partition.ts'
import type { BatchHeader, BatchIdentity } from '../protocol/records/batch-header.ts'
import { readFetched } from '../protocol/records/read-fetched.ts'
import { RecordBatchWriter } from '../protocol/records/record-batch-writer.ts'
import type { DeliveryFailed, OutgoingRecord, ProducerOptions } from '../runtime/port.ts'

/** Writers keep their grown buffers for the next batch. One that had to hold more than this is left to the collector. */
const spareBytesMax = 1_000_000
const sparesMax = 32
const spares: RecordBatchWriter[] = []
const nobody: BatchIdentity = { producerId: -1n, producerEpoch: -1, firstSequence: -1 }

/**
 * Records of one partition, encoded as they come: no object of a record is kept. One that fails is read back from the
 * bytes, as failing is rare and sending is not.
 */
export class PendingBatch {
  readonly #place: TopicPartition
  readonly createdAt: number
  #writer: RecordBatchWriter | undefined = spares.pop() ?? new RecordBatchWriter()
  #encoded: BatchHeader | undefined
  #stamped: BatchIdentity | undefined
  /** Callbacks with the index of the first record of each: neighbours mostly share theirs. */
  readonly #failed: { readonly from: number; readonly onFailed: DeliveryFailed }[] = []
  #lastFailed: DeliveryFailed | undefined
  count = 0
  /** Before compression, too many by a little. */
  bytes = 0
  /** No record is added any more, and it is sent without waiting for the linger time. */
  sealed = false
  /** Set when it is sent first and kept through retries: by it the broker knows a batch that it has already. */
  identity: BatchIdentity | undefined
  /** A request with it is under way. */
  inFlight = false
  /** When it was sent last, no batch of the partition was before it. */
  wasFirst = false
  /** An attempt ended without an answer: the broker may have it. */
  inDoubt = false
  readonly settled: Promise<void>
  settle: () => void = () => {}

  constructor(place: TopicPartition, createdAt: number) {
    this.#place = place
    this.createdAt = createdAt
    this.settled = new Promise((resolve) => (this.settle = resolve))
  }

  add(
    { key, value, timestamp, headers }: Omit<OutgoingRecord, 'topic'>,
    onFailed: DeliveryFailed,
    bytes: number,
  ): void {
    if (this.#lastFailed !== onFailed) {
      this.#failed.push({ from: this.count, onFailed })
      this.#lastFailed = onFailed
    }
    this.#writer!.append(key, value, timestamp, headers.length === 0 ? undefined : { headers })
    this.count++
    this.bytes += bytes
  }

  /** Compressed once, whatever number of attempts it takes, and at once: while it waits it takes no more room than it must. */
  seal(compression: ProducerOptions['compression']): void {
    this.sealed = true
    if (this.#encoded !== undefined) return
    this.#encoded = this.#writer!.finish(compression)
    this.release()
  }

  /** Its bytes for the broker, under its identity. Seals it. */
  encode(compression: ProducerOptions['compression']): Buffer {
    this.seal(compression)
    if (this.#stamped !== this.identity) this.#encoded!.stamp(this.identity!)
    this.#stamped = this.identity
    return this.#encoded!.bytes
  }

  /** Its writer serves another batch. Not before it is encoded or nobody asks for its records any more. */
  release(): void {
    const writer = this.#writer
    this.#writer = undefined
    if (writer === undefined || writer.sizeInBytes > spareBytesMax || spares.length >= sparesMax) return
    writer.reset()
    spares.push(writer)
  }

  /** Hands over every record as it was sent, with whom to tell when it fails. */
  forEach(visit: (record: OutgoingRecord, onFailed: DeliveryFailed) => void): void {
    const { topic, partition } = this.#place
    const read = readFetched({ topic, partition, from: 0, records: this.#bytes(), aborted: [] })
    let run = 0
    for (let i = 0; i < read.count; i++) {
      if (this.#failed[run + 1]?.from === i) run++
      const [key, value, headers] = [read.keyAt(i), read.valueAt(i), read.headersAt(i)]
      visit({ topic, partition, key, value, timestamp: read.timestampAt(i), headers }, this.#failed[run]!.onFailed)
    }
  }

  #bytes(): Buffer {
    if (this.#encoded !== undefined) {
      if (this.#stamped === undefined) this.#encoded.stamp(nobody)
      return this.#encoded.bytes
    }
    const plain = this.#writer!.finish('none')
    plain.stamp(nobody)
    return plain.bytes
  }
}
