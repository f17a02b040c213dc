import {
  assignmentFields,
  consumerProtocolVersion,
  subscriptionFields,
} from '../../../src/protocol/messages/consumer-protocol.ts'
import { messages, type ApiName } from '../../../src/protocol/messages/messages.ts'
import type { Fields, MessageTable } from '../../../src/protocol/wire/message-table.ts'
import { sampleMessage, type Sample } from '../../support/sample-message.ts'

export interface MessageCase {
  /** As Kafka names it: `FetchRequest`. */
  readonly name: string
  readonly fields: Fields
  readonly version: number
  readonly flexible: boolean
  readonly sample: Sample
  readonly message: Readonly<Record<string, unknown>>
}

/** Every message that Millrace has a table for. */
export const tables: readonly {
  name: string
  fields: Fields
  versions: readonly [number, number]
  flexible: number
}[] = [
  ...(Object.keys(messages) as ApiName[]).flatMap((api) => {
    const { request, response, versions, flexible = Infinity }: MessageTable = messages[api]
    return [
      { name: `${api}Request`, fields: request, versions, flexible },
      { name: `${api}Response`, fields: response, versions, flexible },
    ]
  }),
  ...[
    { name: 'ConsumerProtocolSubscription', fields: subscriptionFields },
    { name: 'ConsumerProtocolAssignment', fields: assignmentFields },
  ].map((table) => ({ ...table, versions: [0, consumerProtocolVersion] as const, flexible: Infinity })),
]

/** Two samples of every message in every version. */
export const messageCases: readonly MessageCase[] = tables.flatMap(
  ({ name, fields, versions: [first, last], flexible }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((version) =>
      (['full', 'bare'] as const).map((sample) => ({
        name,
        fields,
        version,
        flexible: version >= flexible,
        sample,
        message: sampleMessage(fields, version, sample),
      })),
    ),
)

/** Kafka has two shapes of AddPartitionsToTxn and tells them apart by their fields' names. Of ours there is one. */
const longNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AddPartitionsToTxnRequest: {
    transactionalId: 'v3AndBelowTransactionalId',
    producerId: 'v3AndBelowProducerId',
    producerEpoch: 'v3AndBelowProducerEpoch',
    topics: 'v3AndBelowTopics',
  },
  AddPartitionsToTxnResponse: { resultsByTopic: 'resultsByTopicV3AndBelow' },
}

/** Kafka's name of a field of the message itself. */
export function kafkaName(message: string, field: string): string {
  return longNames[message]?.[field] ?? field
}
