import { BrokerError } from '../core/errors.ts'
import { topicPartitionName, type TopicPartition } from '../core/topic-partition.ts'
import type { ConsumerOptions } from '../runtime/port.ts'
import type { Cluster } from './cluster.ts'
import type { Position } from './leader-epochs.ts'
import { listOffsets } from './list-offsets.ts'
import { fetchOffsets } from './offset-fetch.ts'

/**
 * Where reading begins: at what the group committed, or where the topic's reset says. Those are left out about which a transaction that is
 * under way will decide (KIP-447).
 *
 * @throws BrokerError `MILLRACE_OFFSET_OUT_OF_RANGE` when nothing is committed and the reset is `none`
 */
export async function startPositions(
  cluster: Cluster,
  { groupId, offsetReset, readCommitted }: ConsumerOptions,
  partitions: readonly TopicPartition[],
): Promise<readonly Position[]> {
  const group = { groupId, requireStable: readCommitted }
  const { committed, unstable } = await fetchOffsets(cluster, group, partitions).catch((error: unknown) => {
    cluster.forgetCoordinator({ groupId })
    throw error
  })
  // Whoever told who leads may have been behind those who wrote what was committed (KIP-320).
  if (committed.some((position) => position.leaderEpoch > cluster.leaderEpochOf(position))) await cluster.refresh()
  const known = new Set([...committed, ...unstable].map(topicPartitionName))
  const fresh = partitions.filter((partition) => !known.has(topicPartitionName(partition)))
  const resetTo = (reset: string): TopicPartition[] => fresh.filter(({ topic }) => offsetReset(topic) === reset)
  const [none] = resetTo('none')
  if (none !== undefined) throw noOffset(groupId, none)
  return [
    ...committed,
    ...(await listOffsets(cluster, resetTo('earliest'), 'earliest')),
    ...(await listOffsets(cluster, resetTo('latest'), 'latest', readCommitted)),
  ]
}

function noOffset(groupId: string, { topic, partition }: TopicPartition): BrokerError {
  const message =
    `the group ${groupId} has no committed offset for ${topic}-${partition}, and the topic's offset reset is 'none'. ` +
    `Commit one, or set the reset to 'earliest' or 'latest'`
  return new BrokerError('MILLRACE_OFFSET_OUT_OF_RANGE', message, { topic, partition, retriable: false })
}
