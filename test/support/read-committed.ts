import type { KafkaPort } from '../../src/runtime/port.ts'
import type { SimulatedClock } from './simulated-clock.ts'

/** The texts in a topic by partition, as those see it who read what is committed. */
export async function readCommitted(port: KafkaPort, clock: SimulatedClock, topic: string): Promise<string[][]> {
  const admin = port.admin()
  await clock.settle(admin.connect())
  const ends = await clock.settle(admin.offsets(topic))
  await clock.settle(admin.close())
  const read: string[][] = ends.map(() => [])
  const restorer = port.restorer({ clientId: 'reader', fetchMaxBytes: 1e6 })
  const reading = restorer.read(
    ends.map(({ partition, low, high }) => ({ topic, partition, from: low, end: high })),
    (batch) => {
      for (let i = 0; i < batch.count; i++) read[batch.partition]!.push(Buffer.from(batch.valueAt(i)!).toString())
    },
    new AbortController().signal,
  )
  await clock.settle(reading)
  await clock.settle(restorer.close())
  return read
}
