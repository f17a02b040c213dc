import { BrokerError } from '../core/errors.ts'
import { kafkaErrorOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'

/** @throws BrokerError `MILLRACE_TOPIC_MISSING`, naming the topic; the cluster is closed then */
export async function addSubscribed(cluster: Cluster, topics: readonly string[]): Promise<void> {
  try {
    await cluster.addTopics(topics)
  } catch (error) {
    await cluster.close()
    const topic = error instanceof BrokerError ? error.topic : undefined
    if (kafkaErrorOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION')
      throw cluster.translate(error, `subscribe to ${topics.join(', ')}`)
    const message = `topic ${topic} does not exist. Create it, or correct its name`
    throw new BrokerError('MILLRACE_TOPIC_MISSING', message, { topic, retriable: false, cause: error })
  }
}
