import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerState } from '../broker-state.ts'
import { outcomeOf, Refusal } from '../refusal.ts'
import { effectiveConfigs } from '../topics/effective-configs.ts'
import type { Handler } from './handler.ts'
import { checkReplicas } from './replica-assignments.ts'

type Wanted = RequestOf<'CreateTopics'>['topics'][number]
type Answer = NewResponse<'CreateTopics'>['topics'][number]

export const createTopics: Handler<'CreateTopics'> = (request, { broker }) => {
  const counts = new Map<string, number>()
  for (const { name } of request.topics) counts.set(name, (counts.get(name) ?? 0) + 1)
  const wanted = new Map(request.topics.map((topic) => [topic.name, topic]))
  return {
    topics: [...wanted.values()].map((topic) =>
      counts.get(topic.name)! > 1 ? repeated(topic) : created(topic, request.validateOnly, broker),
    ),
  }
}

function repeated({ name }: Wanted): Answer {
  return { name, ...outcomeOf(() => refuse('INVALID_REQUEST', 'Duplicate topic name.')), configs: [] }
}

function created(topic: Wanted, validateOnly: boolean, broker: BrokerState): Answer {
  const { name } = topic
  let answer: Partial<Answer> = { configs: [] }
  const outcome = outcomeOf(() => {
    const asked = {
      name,
      partitions: partitionsOf(topic, broker),
      configs: Object.fromEntries(topic.configs.map((config) => [config.name, config.value])),
    }
    const configs = broker.topics.checkNew(asked)
    if (!validateOnly) broker.topics.create(asked)
    answer = {
      topicId: broker.topics.get(name)?.id,
      numPartitions: asked.partitions,
      replicationFactor: 1,
      configs: effectiveConfigs(configs),
    }
  })
  return { name, ...outcome, ...answer }
}

/** @throws Refusal */
function partitionsOf({ assignments, numPartitions, replicationFactor }: Wanted, broker: BrokerState): number {
  if (assignments.length > 0) {
    if (numPartitions !== -1 || replicationFactor !== -1)
      refuse(
        'INVALID_REQUEST',
        'A manual partition assignment was specified, but numPartitions or replicationFactor was not set to -1.',
      )
    const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
    if (indexes.size < assignments.length || assignments.some((_, index) => !indexes.has(index)))
      refuse('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence')
    for (const { brokerIds } of assignments) checkReplicas(brokerIds, broker.nodeId)
    return assignments.length
  }
  if (replicationFactor < -1 || replicationFactor === 0)
    refuse('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0, or -1 to use the default value.')
  if (replicationFactor > 1)
    refuse(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be reached because only 1 broker(s) are registered.`,
    )
  return numPartitions === -1 ? broker.config.defaultPartitions : numPartitions
}

function refuse(...why: ConstructorParameters<typeof Refusal>): never {
  throw new Refusal(...why)
}
