/*
 * Hand-written on KafkaJS: main.ts, with the job and its topics in the environment. Its windows stand in Maps without a
 * changelog and are lost with the process: less than the others give, and that much cheaper.
 */
import kafkajs, { type EachBatchPayload, type Message } from 'kafkajs'
import { compress, compressionCode, decompress } from '../../../src/protocol/compression/compression.ts'

const { JOB, INPUT = '', OUTPUT = '', GROUP = '', BROKERS = '' } = process.env
const minute = 60_000
const grace = 10_000
/** `send` is quadratic in the number of its messages: whoever tunes it sends so many at a time. */
const messagesPerSend = 500

// The LZ4 that Millrace has, as KafkaJS brings none; on the event loop, as a hop to another thread costs more.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer, 'lz4'),
  decompress: async (data: Buffer) => decompress(data, compressionCode.lz4),
})

interface Transaction {
  readonly txnId: string
  readonly cardId: string
  readonly amount: number
}

interface Spent {
  count: number
  sumCents: number
}

type Batch = EachBatchPayload['batch']

const cents = (amount: number): number => Math.round(amount * 100)
const decode = (value: Buffer | null): Transaction => JSON.parse(String(value))

function keepLarge({ messages }: Batch): Message[] {
  const results: Message[] = []
  for (const { key, value, timestamp } of messages) {
    const { txnId, cardId, amount } = decode(value)
    if (amount > 100)
      results.push({ key, timestamp, value: JSON.stringify({ txnId, cardId, amountCents: cents(amount) }) })
  }
  return results
}

interface PartitionWindows {
  time: number
  readonly windows: Map<number, Map<string, Spent>>
}

const partitions = new Map<number, PartitionWindows>()

function perMinute({ partition, messages }: Batch): Message[] {
  let state = partitions.get(partition)
  if (state === undefined) partitions.set(partition, (state = { time: 0, windows: new Map() }))
  const results: Message[] = []
  for (const { key, value, timestamp } of messages) {
    const time = Number(timestamp)
    state.time = Math.max(state.time, time)
    const windowStart = time - (time % minute)
    if (windowStart + minute + grace <= state.time) continue
    const { cardId, amount } = decode(value)
    const spent = spentIn(state, windowStart, cardId)
    spent.count++
    spent.sumCents += cents(amount)
    results.push({ key, timestamp, value: JSON.stringify({ cardId, windowStart, ...spent }) })
  }
  return results
}

function spentIn({ time, windows }: PartitionWindows, windowStart: number, cardId: string): Spent {
  let window = windows.get(windowStart)
  if (window === undefined) {
    for (const start of windows.keys()) if (start + minute + grace <= time) windows.delete(start)
    windows.set(windowStart, (window = new Map()))
  }
  let spent = window.get(cardId)
  if (spent === undefined) window.set(cardId, (spent = { count: 0, sumCents: 0 }))
  return spent
}

const kafka = new kafkajs.Kafka({ clientId: 'peer', brokers: [BROKERS], logLevel: kafkajs.logLevel.ERROR })
const producer = kafka.producer()
const consumer = kafka.consumer({ groupId: GROUP })
const handle = JOB === 'J2' ? perMinute : keepLarge
let isFirst = true

await producer.connect()
await consumer.connect()
await consumer.subscribe({ topics: [INPUT], fromBeginning: true })
await consumer.run({
  autoCommitInterval: 1_000,
  partitionsConsumedConcurrently: 4,
  eachBatch: async ({ batch }) => {
    if (isFirst) console.log('FIRST')
    isFirst = false
    const messages = handle(batch)
    for (let at = 0; at < messages.length; at += messagesPerSend) {
      const some = messages.slice(at, at + messagesPerSend)
      await producer.send({ topic: OUTPUT, compression: kafkajs.CompressionTypes.LZ4, messages: some })
    }
  },
})
process.on('SIGTERM', () => void consumer.disconnect().then(() => producer.disconnect()))
