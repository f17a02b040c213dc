/* Our client through the port, as the runtime uses it, with the defaults of an app's config. */
import { ownPort } from '../../../src/client/own-port.ts'
import { systemClock } from '../../../src/core/system-clock.ts'
import { systemRandom } from '../../../src/core/system-random.ts'
import type { Assignor, FetchedBatch, KafkaPort } from '../../../src/runtime/port.ts'
import type { Job, Meter, System } from '../job.ts'
import { recordAt } from '../records.ts'

const mebibyte = 1_048_576
const clientId = 'bench'

export const millrace: System = { consume, produce }

export function millracePort(bootstrap: string): KafkaPort {
  const timeouts = { requestTimeoutMs: 30_000, connectionTimeoutMs: 10_000 }
  return ownPort({ brokers: [bootstrap], clientId, clock: systemClock, random: systemRandom, ...timeouts })
}

async function consume(job: Job, meter: Meter): Promise<void> {
  const consumer = millracePort(job.bootstrap).consumer({
    groupId: `bench-${job.topic}-${process.pid}`,
    clientId,
    assignor: everythingToTheFirst,
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3_000,
    rebalanceTimeoutMs: 60_000,
    bufferedRecordsPerPartitionMax: 10_000,
    fetchBufferBytesMax: 64 * mebibyte,
    fetchMaxBytes: 10 * mebibyte,
    readCommitted: false,
    offsetReset: () => 'earliest',
    outOfRange: () => 'error',
  })
  const nothing = async (): Promise<void> => {}
  await consumer.subscribe([job.topic], { onAssigned: nothing, onRevoked: nothing, onLost: nothing })
  while (!meter.isFull) for (const batch of await consumer.poll(1_000)) read(batch, meter)
  await consumer.close()
}

function read(batch: FetchedBatch, meter: Meter): void {
  let checksum = 0
  for (let i = 0; i < batch.count; i++) {
    checksum += batch.keyAt(i)!.length + batch.valueAt(i)!.length + batch.offsetAt(i) + (batch.timestampAt(i) % 2)
  }
  meter.add(batch.count, checksum)
}

const everythingToTheFirst: Assignor = ([member], counts) => {
  const partitions = [...counts].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  )
  return new Map([[member!.memberId, partitions]])
}

async function produce(job: Job, meter: Meter): Promise<void> {
  const producer = millracePort(job.bootstrap).producer({
    clientId,
    compression: 'lz4',
    lingerMs: 20,
    batchBytes: 262_144,
    bufferedBytesMax: 64 * mebibyte,
    deliveryTimeoutMs: 120_000,
  })
  await producer.connect()
  const failed = (_: unknown, error: Error): void => {
    throw error
  }
  for (let i = 0; i < job.records; i++) {
    const { key, value, timestamp } = recordAt(i)
    producer.send({ topic: job.topic, partition: i % job.partitionCount, key, value, timestamp, headers: [] }, failed)
    if (!producer.hasRoom()) await producer.room()
    // As between two turns of a task: the network has its own.
    if (i % 2_000 === 0) await systemClock.yield()
  }
  await producer.flush()
  meter.add(job.records)
  await producer.close()
}
