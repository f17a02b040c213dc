import type { BrokerClient } from '../../support/broker-client.ts'
import { hangMs } from '../port/port-under-test.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'
import { newTopic, sendTo } from './kafkajs-client.ts'
import type { Names } from './wire-names.ts'

/** Makes what the questions are about. */
export async function prepareWire(broker: BrokerUnderTest, to: BrokerClient): Promise<Names> {
  const topic = await newTopic(broker, 2, { 'retention.ms': '-1' })
  const compacted = await newTopic(broker, 1, { 'cleanup.policy': 'compact' })
  for (const timestamp of ['1000', '2000', '3000', '4000', '5000'])
    await sendTo(broker, topic, [{ value: 'v', timestamp, partition: 0 }])
  const group = unique('group')
  await commitOffset(to, group, topic)
  const transactionalId = unique('transaction')
  const producer = await openTransaction(to, transactionalId, topic)
  return { topic, compacted, missing: unique('missing'), group, transactionalId, ...producer }
}

async function commitOffset(to: BrokerClient, groupId: string, topic: string): Promise<void> {
  const partitions = [{ partitionIndex: 0, committedOffset: 3, committedMetadata: 'm' }]
  const request = { groupId, generationIdOrMemberEpoch: -1, topics: [{ name: topic, partitions }] }
  await to.send('FindCoordinator', 2, { key: groupId })
  await untilLoaded(
    () => to.send('OffsetCommit', 5, request),
    ({ topics }) => topics[0]!.partitions[0]!.errorCode,
  )
}

/** Of the third epoch, so that there are older ones. */
async function openTransaction(
  to: BrokerClient,
  transactionalId: string,
  topic: string,
): Promise<Pick<Names, 'producerId' | 'producerEpoch'>> {
  await to.send('FindCoordinator', 2, { key: transactionalId, keyType: 1 })
  const init = () =>
    untilLoaded(
      () => to.send('InitProducerId', 2, { transactionalId, transactionTimeoutMs: 600_000 }),
      ({ errorCode }) => errorCode,
    )
  await init()
  await init()
  const { producerId, producerEpoch } = await init()
  const topics = [{ name: topic, partitions: [0] }]
  await untilLoaded(
    () => to.send('AddPartitionsToTxn', 2, { transactionalId, producerId, producerEpoch, topics }),
    ({ resultsByTopic }) => resultsByTopic[0]!.resultsByPartition[0]!.partitionErrorCode,
  )
  return { producerId, producerEpoch }
}

/** A coordinator that is just being made says that it is not there, or loading. */
async function untilLoaded<T>(ask: () => Promise<T>, codeOf: (answer: T) => number): Promise<T> {
  const deadline = performance.now() + hangMs
  for (;;) {
    const answer = await ask()
    if (codeOf(answer) === 0) return answer
    if (performance.now() > deadline) throw new Error(`the coordinator answers ${codeOf(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
