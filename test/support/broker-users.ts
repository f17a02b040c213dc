/* Two clients that write to a broker and read from it in a group, as tests of faults need them: ours and KafkaJS. */
import { Kafka, logLevel } from 'kafkajs'
import type { EmbeddedBroker } from '../../src/broker/embedded-broker.ts'
import { ownPort } from '../../src/client/own-port.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { systemRandom } from '../../src/core/system-random.ts'
import { consumerOptions, hearing, outgoing, pollUntil, producerOptions } from '../conformance/port/port-under-test.ts'

export interface BrokerUser {
  /** Idempotent, partition 0; done when all is acknowledged. */
  write(topic: string, values: readonly string[]): Promise<void>
  /** A member of a group, which begins at the start, and again there when the log does not have what comes next. */
  reader(topic: string): Promise<BrokerReader>
}

export interface BrokerReader {
  /** Reads until it has this value, and commits; what it has read since the last call, in order. */
  readUntil(value: string): Promise<readonly string[]>
  close(): Promise<void>
}

let groups = 0

/** Passes once, where an answer never comes; else a client that is slow on a busy machine must not give up. */
const requestTimeoutMs = 5_000

export function ownUser({ bootstrap }: EmbeddedBroker): BrokerUser {
  const surroundings = {
    clock: systemClock,
    random: systemRandom,
    clientId: 'own',
    connectionTimeoutMs: requestTimeoutMs,
  }
  const port = ownPort({ ...surroundings, brokers: [bootstrap], requestTimeoutMs })
  return {
    async write(topic, values) {
      const producer = port.producer(producerOptions())
      await producer.connect()
      const failures: Error[] = []
      for (const value of values) producer.send(outgoing(topic, 0, value), (_, error) => failures.push(error))
      await producer.close()
      if (failures.length > 0) throw failures[0]!
    },
    async reader(topic) {
      const consumer = port.consumer(consumerOptions({ groupId: `group-${++groups}`, outOfRange: () => 'earliest' }))
      await consumer.subscribe([topic], hearing())
      return {
        async readUntil(value) {
          const seen = await pollUntil(consumer, (all) => all.at(-1)?.value === value)
          await consumer.commit([{ topic, partition: 0, offset: seen.at(-1)!.offset + 1 }])
          return seen.map((one) => one.value!)
        },
        close: () => consumer.close(),
      }
    },
  }
}

export function kafkaJsUser({ bootstrap }: EmbeddedBroker): BrokerUser {
  const kafka = new Kafka({
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    // Shorter: it goes on with the connection, on which five more requests are never answered.
    requestTimeout: 2_000,
    retry: { initialRetryTime: 20, maxRetryTime: 200, retries: 20 },
  })
  return {
    async write(topic, values) {
      const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      await producer.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) })
      await producer.disconnect()
    },
    async reader(topic) {
      const consumer = kafka.consumer({ groupId: `group-${++groups}`, maxWaitTimeInMs: 100 })
      const seen: string[] = []
      let onMessage = (): void => {}
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({
        autoCommitThreshold: 1,
        eachMessage: async ({ message }) => {
          seen.push(message.value!.toString())
          onMessage()
        },
      })
      return {
        async readUntil(value) {
          while (seen.at(-1) !== value) await new Promise<void>((resolve) => (onMessage = resolve))
          return seen.splice(0)
        },
        close: () => consumer.disconnect(),
      }
    },
  }
}
