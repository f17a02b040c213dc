import { defaultPartition } from '../../src/core/murmur2.ts'
import { noHeaders } from '../../src/core/stream-record.ts'
import type { KafkaPort } from '../../src/runtime/port.ts'
import { cardId, transactionJson, transactions } from './transactions.ts'

const partitionCount = 8
/** Records between two looks at whether the producer has room. */
const stride = 1_000

/** The input topic, in the order of the generator within each partition. */
export async function loadTransactions(port: KafkaPort, topic: string, records: number): Promise<void> {
  await createTopic(port, topic)
  const producer = port.producer({
    clientId: 'bench-load',
    compression: 'lz4',
    lingerMs: 100,
    batchBytes: 65_536,
    bufferedBytesMax: 64_000_000,
    deliveryTimeoutMs: 120_000,
  })
  await producer.connect()
  const failures: Error[] = []
  const onFailed = (_: unknown, error: Error): void => void failures.push(error)
  for (const transaction of transactions(records)) {
    const key = Buffer.from(cardId(transaction.card), 'latin1')
    const value = Buffer.from(transactionJson(transaction), 'latin1')
    const partition = defaultPartition(key, partitionCount)
    producer.send({ topic, partition, key, value, timestamp: transaction.timestamp, headers: noHeaders }, onFailed)
    if (transaction.sequence % stride !== 0) continue
    await new Promise((resolve) => setImmediate(resolve))
    await producer.room()
  }
  await producer.flush()
  await producer.close()
  if (failures[0] !== undefined) throw failures[0]
}

/** Without retention: event times lie in the past, and the broker would delete by its clock. */
export async function createTopic(port: KafkaPort, topic: string): Promise<void> {
  const admin = port.admin()
  await admin.connect()
  await admin.createTopics([{ topic, partitionCount, replicationFactor: 1, configs: { 'retention.ms': '-1' } }])
  await admin.close()
}
