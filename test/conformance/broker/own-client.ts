import { consumerOptions, hearing, pollUntil } from '../port/port-under-test.ts'
import { ownPortAt } from '../port/ports.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'

/** Committed values of partition 0 of a topic from an offset to its end, by our own client. */
export async function readByOwnClient(
  { bootstrap }: BrokerUnderTest,
  topic: string,
  { offset, end }: { readonly offset: number; readonly end: number },
): Promise<readonly (string | null)[]> {
  const port = ownPortAt([bootstrap], 10_000)
  const options = consumerOptions({ groupId: unique('group'), readCommitted: true })
  const partition = { topic, partition: 0 }
  const first = port.consumer(options)
  await first.subscribe([topic], hearing())
  await pollUntil(first, () => first.position(partition) !== undefined)
  await first.commit([{ ...partition, offset }])
  await first.close()
  const second = port.consumer(options)
  await second.subscribe([topic], hearing())
  const seen = await pollUntil(second, () => (second.position(partition) ?? 0) >= end)
  await second.close()
  return seen.map(({ value }) => value)
}
