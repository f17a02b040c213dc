import { checkAnswer } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { ProducerIdentity } from './partition-queue.ts'

/** A producer id without a transaction: any broker gives one. */
export async function initProducerId(cluster: Cluster): Promise<ProducerIdentity> {
  const request = { transactionalId: null, transactionTimeoutMs: 60_000 }
  const { errorCode, producerId, producerEpoch } = await cluster.send('any', 'InitProducerId', request)
  checkAnswer(errorCode)
  return { id: BigInt(producerId), epoch: producerEpoch }
}
