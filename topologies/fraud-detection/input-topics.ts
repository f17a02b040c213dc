import { Partitioners } from 'kafkajs'
import { avro, type SchemaRegistry, type Serde } from 'millrace'
import { labelDelayMs } from './features.ts'
import { fraudLabelSchema, transactionSchema, type FraudLabel, type Transaction } from './schemas.ts'
import { topicNames } from './topic-names.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

/** What a topic is told of a transaction. */
export interface InputTopic {
  readonly topic: string
  readonly serde: Serde<Transaction | FraudLabel>
  keyOf(transaction: LabelledTransaction): string
  valueOf(transaction: LabelledTransaction): Transaction | FraudLabel
  /** The record's event time. */
  timeOf(transaction: LabelledTransaction): number
}

/** A record for a KafkaJS producer. */
interface InputMessage {
  readonly key: string
  readonly value: Buffer
  readonly timestamp: string
  readonly partition: number
}

export async function transactionsTopic(registry: SchemaRegistry): Promise<InputTopic> {
  return {
    topic: topicNames.transactions,
    serde: await avro<Transaction | FraudLabel>(transactionSchema).bind!({
      topic: topicNames.transactions,
      part: 'value',
      registry,
    }),
    keyOf: ({ customerId }) => String(customerId),
    valueOf: ({ fraud: _fraud, scenario: _scenario, ...transaction }) => transaction,
    timeOf: ({ time }) => time,
  }
}

export async function labelsTopic(registry: SchemaRegistry): Promise<InputTopic> {
  return {
    topic: topicNames.labels,
    serde: await avro<Transaction | FraudLabel>(fraudLabelSchema).bind!({
      topic: topicNames.labels,
      part: 'value',
      registry,
    }),
    keyOf: ({ terminalId }) => String(terminalId),
    valueOf: ({ transactionId, terminalId, time, fraud }) => ({ transactionId, terminalId, time, fraud }),
    timeOf: ({ time }) => time + labelDelayMs,
  }
}

/** By Kafka's default partitioner. Chosen before sending: a retry of KafkaJS could choose another one. */
export function choosePartition(input: InputTopic, partitionCount: number): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  return (key) => choose({ topic: input.topic, partitionMetadata, message: { key, value: null } })
}

export function toMessage(input: InputTopic, transaction: LabelledTransaction, partition: number): InputMessage {
  const value = input.serde.serialize(input.valueOf(transaction))
  return {
    key: input.keyOf(transaction),
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    timestamp: String(input.timeOf(transaction)),
    partition,
  }
}
