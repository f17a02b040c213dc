import type { RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerState } from '../broker-state.ts'
import { outcomeOf, Refusal } from '../refusal.ts'
import type { Handler } from './handler.ts'
import { checkReplicas } from './replica-assignments.ts'

type Wanted = RequestOf<'CreatePartitions'>['topics'][number]

export const createPartitions: Handler<'CreatePartitions'> = (request, { broker }) => ({
  results: request.topics.map((topic) => ({
    name: topic.name,
    ...outcomeOf(() => {
      check(topic, broker)
      if (!request.validateOnly) broker.topics.addPartitions(topic.name, topic.count)
    }),
  })),
})

/** @throws Refusal */
function check({ name, count, assignments }: Wanted, { topics, nodeId }: BrokerState): void {
  topics.checkPartitions(name, count)
  if (assignments === null) return
  const added = count - topics.get(name)!.partitions.length
  if (assignments.length !== added)
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    )
  for (const { brokerIds } of assignments) checkReplicas(brokerIds, nodeId)
}
