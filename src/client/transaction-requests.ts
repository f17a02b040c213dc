/* The requests of a transaction, one attempt each. They may be sent twice: what is done already is answered as done. */
import { kafkaError } from '../protocol/kafka-error.ts'
import type { GroupMetadata } from '../runtime/port.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { AnswerError, checkAnswer } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import type { Position } from './leader-epochs.ts'
import { committedTopics } from './offset-commit.ts'
import type { ProducerIdentity } from './partition-queue.ts'

/** A producer as coordinators know it. */
export interface TransactionalIdentity extends ProducerIdentity {
  readonly transactionalId: string
}

/** The next epoch of the transactional id: older producers are fenced, an open transaction is aborted. `current`: who asks (KIP-360). */
export async function initTransactions(
  cluster: Cluster,
  { transactionalId, transactionTimeoutMs }: { transactionalId: string; transactionTimeoutMs: number },
  current: ProducerIdentity | undefined,
): Promise<ProducerIdentity> {
  const coordinator = await cluster.coordinatorOf({ transactionalId })
  const asked = current === undefined ? {} : { producerId: Number(current.id), producerEpoch: current.epoch }
  const request = { transactionalId, transactionTimeoutMs, ...asked }
  const { errorCode, producerId, producerEpoch } = await cluster.send(coordinator, 'InitProducerId', request)
  checkAnswer(errorCode)
  return { id: BigInt(producerId), epoch: producerEpoch }
}

export async function addPartitions(
  cluster: Cluster,
  producer: TransactionalIdentity,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const coordinator = await cluster.coordinatorOf(producer)
  const topics = [...byTopic(partitions)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition }) => partition),
  }))
  const answer = await cluster.send(coordinator, 'AddPartitionsToTxn', { ...named(producer), topics })
  const refusals = answer.resultsByTopic.flatMap(({ name, resultsByPartition }) =>
    resultsByPartition
      .filter(({ partitionErrorCode }) => partitionErrorCode !== kafkaError.NONE)
      .map(({ partitionIndex, partitionErrorCode }) => ({
        topic: name,
        partition: partitionIndex,
        partitionErrorCode,
      })),
  )
  // Where one is refused the others are not attempted: the one says why.
  const refusal =
    refusals.find(({ partitionErrorCode }) => partitionErrorCode !== kafkaError.OPERATION_NOT_ATTEMPTED) ?? refusals[0]
  if (refusal === undefined) return
  const { partitionErrorCode, ...place } = refusal
  throw new AnswerError(partitionErrorCode, place)
}

export async function addOffsets(cluster: Cluster, producer: TransactionalIdentity, groupId: string): Promise<void> {
  const coordinator = await cluster.coordinatorOf(producer)
  const { errorCode } = await cluster.send(coordinator, 'AddOffsetsToTxn', { ...named(producer), groupId })
  checkAnswer(errorCode)
}

/** Goes to the group's coordinator, which refuses members of another generation (KIP-447). */
export async function commitOffsetsWith(
  cluster: Cluster,
  producer: TransactionalIdentity,
  group: GroupMetadata,
  offsets: readonly Position[],
): Promise<void> {
  const coordinator = await cluster.coordinatorOf({ groupId: group.groupId })
  const request = { ...named(producer), ...group, topics: committedTopics(offsets) }
  const { topics } = await cluster.send(coordinator, 'TxnOffsetCommit', request)
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, { topic: name, partition: partitionIndex })
    }
  }
}

export async function endTransaction(
  cluster: Cluster,
  producer: TransactionalIdentity,
  outcome: 'commit' | 'abort',
): Promise<void> {
  const coordinator = await cluster.coordinatorOf(producer)
  const request = { ...named(producer), committed: outcome === 'commit' }
  const { errorCode } = await cluster.send(coordinator, 'EndTxn', request)
  checkAnswer(errorCode)
}

function named({ transactionalId, id, epoch }: TransactionalIdentity) {
  return { transactionalId, producerId: Number(id), producerEpoch: epoch }
}
