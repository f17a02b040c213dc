import { kafkaError } from '../../protocol/kafka-error.ts'
import { commitOffsets } from './commit-offsets.ts'
import type { Handler } from './handler.ts'

/** From version 3 on it says which member of the group commits, and is fenced with it (KIP-447). */
export const txnOffsetCommit: Handler<'TxnOffsetCommit'> = (request, context) => {
  const { groups, transactions } = context.broker
  const { groupId, memberId, groupInstanceId, generationId: generation, producerId } = request
  const errorCode = groupId === '' ? kafkaError.INVALID_GROUP_ID : transactions.verifyGroup(request, groupId)
  if (errorCode !== kafkaError.NONE)
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }
  return commitOffsets(request.topics, context, (offsets) =>
    groups.stage(producerId, { groupId, memberId, groupInstanceId, generation }, offsets),
  )
}
