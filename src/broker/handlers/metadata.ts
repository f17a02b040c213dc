import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { BrokerState } from '../broker-state.ts'
import { outcomeOf } from '../refusal.ts'
import { checkTopicName, isInternalTopic } from '../topics/topic-name.ts'
import type { Topic } from '../topics/topic.ts'
import { clusterOperations, topicOperations, unknownOperations } from './authorized-operations.ts'
import type { Handler, RequestContext } from './handler.ts'

type TopicAnswer = NewResponse<'Metadata'>['topics'][number]

export const metadata: Handler<'Metadata'> = (request, context) => {
  const { broker } = context
  const operations = request.includeTopicAuthorizedOperations ? topicOperations : unknownOperations
  return {
    brokers: [{ nodeId: broker.nodeId, ...broker.address(), rack: null }],
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
    topics: wantedTopics(request, context).map((topic) => ({ ...topic, topicAuthorizedOperations: operations })),
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : unknownOperations,
  }
}

function wantedTopics(request: RequestOf<'Metadata'>, { broker, apiVersion }: RequestContext): TopicAnswer[] {
  const { topics } = request
  if (topics === null || (apiVersion === 0 && topics.length === 0))
    return broker.topics.all.map((topic) => described(topic, broker))
  const names = new Set(topics.map(({ name }) => name ?? ''))
  // Before version 4 a client could not say that it does not want the topic to be made.
  const create = broker.config.autoCreateTopics && (apiVersion < 4 || request.allowAutoTopicCreation)
  return [...names].map((name) => {
    const topic = broker.topics.get(name)
    return topic === undefined ? missing(name, create, broker) : described(topic, broker)
  })
}

function described({ name, id, partitions }: Topic, { nodeId, faults }: BrokerState): TopicAnswer {
  return {
    errorCode: kafkaError.NONE,
    name,
    topicId: id,
    isInternal: isInternalTopic(name),
    partitions: partitions.map(({ leaderEpoch }, partitionIndex) => {
      const isLed = faults.hasLeader(name, partitionIndex)
      return {
        errorCode: isLed ? kafkaError.NONE : kafkaError.LEADER_NOT_AVAILABLE,
        partitionIndex,
        leaderId: isLed ? nodeId : -1,
        leaderEpoch,
        replicaNodes: [nodeId],
        isrNodes: [nodeId],
        offlineReplicas: [],
      }
    }),
  }
}

/** A topic that is made now is there at once; Kafka says LEADER_NOT_AVAILABLE first. */
function missing(name: string, create: boolean, broker: BrokerState): TopicAnswer {
  const partitions = broker.config.defaultPartitions
  const { errorCode } = outcomeOf(
    () => void (create ? broker.topics.create({ name, partitions }) : checkTopicName(name)),
  )
  const created = broker.topics.get(name)
  if (created !== undefined) return described(created, broker)
  const unknown = errorCode === kafkaError.NONE
  return { errorCode: unknown ? kafkaError.UNKNOWN_TOPIC_OR_PARTITION : errorCode, name, partitions: [] }
}
