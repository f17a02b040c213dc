import { topicPartitionName } from '../core/topic-partition.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import type { PartitionQueue } from './partition-queue.ts'

/** Sets the queues' leaders, asking anew where it went wrong before. One topic at a time: one that does not exist fails the whole request. */
export async function findLeaders(
  cluster: Cluster,
  queues: readonly PartitionQueue[],
  onMissing: (queue: PartitionQueue, error: unknown) => void,
): Promise<void> {
  for (const [topic, ofTopic] of byTopic(queues)) {
    try {
      await cluster.addTopics([topic])
      if (ofTopic.some(({ attempts }) => attempts > 0)) await cluster.refresh()
      for (const queue of ofTopic) {
        queue.leader = cluster.leaderOf(queue)
        if (queue.leader === undefined)
          onMissing(queue, new Error(`${topicPartitionName(queue)} has no leader or does not exist`))
      }
    } catch (error) {
      for (const queue of ofTopic) onMissing(queue, error)
    }
  }
}
