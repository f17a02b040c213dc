import { sleep, type Clock } from '../core/clock.ts'
import { translateError, unreachableBroker } from './broker-errors.ts'
import { closeCluster, createCluster, type ClusterOptions, type KafkaJsCluster } from './kafkajs-library.ts'

export interface ConnectionOptions extends ClusterOptions {
  readonly clock: Clock
}

/** The first try and each retry wait this long, doubled up to the second one. */
const backoffMs = 50
const backoffMsMax = 1_000

export function backoff(attempt: number): number {
  return Math.min(backoffMs * 2 ** Math.min(attempt, 10), backoffMsMax)
}

/**
 * A cluster whose brokers answer.
 *
 * @throws BrokerError `MILLRACE_BROKER_UNREACHABLE` within `requestTimeoutMs`, naming the addresses
 */
export async function connectCluster(options: ConnectionOptions, doing: string): Promise<KafkaJsCluster> {
  const cluster = createCluster(options)
  const settled = new AbortController()
  const timeout = sleep(options.clock, options.requestTimeoutMs, settled.signal).then(() => 'timeout' as const)
  const connected = cluster.connect().then(() => cluster.refreshMetadata())
  try {
    const outcome = await Promise.race([connected, timeout])
    if (outcome === 'timeout') throw unreachableBroker(options.brokers, doing)
    return cluster
  } catch (error) {
    // What still tries in the background has nobody left to tell.
    connected.catch(() => {})
    closeCluster(cluster).catch(() => {})
    throw translateError(error, doing, options.brokers)
  } finally {
    settled.abort()
  }
}

/** The leader's node id as metadata has it now; undefined while there is none. */
export function leaderOf(cluster: KafkaJsCluster, topic: string, partition: number): number | undefined {
  const found = cluster.brokerPool.metadata?.topicMetadata.find((entry) => entry.topic === topic)
  const leader = found?.partitionMetadata.find(({ partitionId }) => partitionId === partition)?.leader
  return leader === undefined || leader < 0 ? undefined : leader
}
