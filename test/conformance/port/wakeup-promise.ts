import { expect, test } from 'vitest'
import { consumerOptions, createTopic, hangMs, hearing, pollUntil, type PortUnderTest } from './port-under-test.ts'

export function wakeupPromise(under: () => PortUnderTest): void {
  test('C12 wakeup ends the poll that waits, and the next one when none does', async () => {
    const topic = await createTopic(under(), 1)
    const consumer = under().port.consumer(consumerOptions())
    await consumer.subscribe([topic], hearing())
    await pollUntil(consumer, () => consumer.highWatermark({ topic, partition: 0 }) !== undefined)
    const startedMs = performance.now()
    const waiting = consumer.poll(2 * hangMs)
    consumer.wakeup()
    expect(await waiting).toEqual([])
    consumer.wakeup()
    expect(await consumer.poll(2 * hangMs)).toEqual([])
    expect(performance.now() - startedMs).toBeLessThan(hangMs)
    expect(await consumer.poll(50), 'it has an effect once').toEqual([])
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(49)
    await consumer.close()
  })
}
