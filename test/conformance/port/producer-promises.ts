import { describe, expect, test } from 'vitest'
import {
  consumerOptions,
  createTopic,
  hangMs,
  hearing,
  numbered,
  outgoing,
  pollUntil,
  producerOptions,
  unique,
  type PortUnderTest,
  type Seen,
} from './port-under-test.ts'

export function producerPromises(under: () => PortUnderTest): void {
  const readAll = async (topic: string, count: number): Promise<Seen[]> => {
    const consumer = under().port.consumer(consumerOptions())
    await consumer.subscribe([topic], hearing())
    const seen = await pollUntil(consumer, (all) => all.length >= count)
    await consumer.close()
    return seen
  }

  describe('producer', () => {
    for (const compression of ['none', 'gzip', 'lz4'] as const) {
      test(`P1 P2 everything sent is there after a flush, in order (${compression})`, async () => {
        const topic = await createTopic(under(), 3)
        const producer = under().port.producer(producerOptions({ compression }))
        await producer.connect()
        const failures: Error[] = []
        for (let i = 0; i < 6_000; i++)
          producer.send(outgoing(topic, i % 3, `value-${i}`), (_, error) => failures.push(error))
        await producer.flush()
        const admin = under().port.admin()
        expect((await admin.offsets(topic)).map(({ high }) => high)).toEqual([2_000, 2_000, 2_000])
        await admin.close()
        const seen = await readAll(topic, 6_000)
        for (const partition of [0, 1, 2]) {
          const values = seen.filter((one) => one.partition === partition).map(({ value }) => value)
          expect(values).toEqual(Array.from({ length: 2_000 }, (_, i) => `value-${i * 3 + partition}`))
        }
        expect(failures).toEqual([])
        await producer.close()
      })
    }

    test('P2 a flush waits for what was sent before it, also while more is sent', async () => {
      const topic = await createTopic(under(), 1)
      const producer = under().port.producer(producerOptions({ lingerMs: 60_000 }))
      await producer.connect()
      producer.send(outgoing(topic, 0, 'before'), () => {})
      const flushed = producer.flush()
      producer.send(outgoing(topic, 0, 'after'), () => {})
      await flushed
      const admin = under().port.admin()
      expect((await admin.offsets(topic))[0]!.high).toBeGreaterThanOrEqual(1)
      await producer.close()
      expect((await admin.offsets(topic))[0]!.high).toBe(2)
      await admin.close()
    })

    test('sends after the linger time without a flush', async () => {
      const topic = await createTopic(under(), 1)
      const producer = under().port.producer(producerOptions({ lingerMs: 20 }))
      await producer.connect()
      producer.send(outgoing(topic, 0, 'alone'), () => {})
      expect((await readAll(topic, 1)).map(({ value }) => value)).toEqual(['alone'])
      await producer.close()
    })

    test('P3 says when it has no room and when it has again', async () => {
      const topic = await createTopic(under(), 1)
      const producer = under().port.producer(producerOptions({ bufferedBytesMax: 10_000 }))
      await producer.connect()
      let count = 0
      for (; producer.hasRoom(); count++) producer.send(outgoing(topic, 0, 'x'.repeat(500)), () => {})
      expect(count).toBeLessThan(25)
      await producer.room()
      expect(producer.hasRoom()).toBe(true)
      await producer.close()
    })

    test('reports each record that a missing topic will never take, in order, and goes on with the others', async () => {
      const topic = await createTopic(under(), 1)
      const missing = unique('missing')
      const producer = under().port.producer(producerOptions({ deliveryTimeoutMs: 3_000 }))
      await producer.connect()
      const failed: string[] = []
      const start = performance.now()
      for (const record of numbered(missing, 0, 3)) {
        producer.send(record, ({ value }, error) => failed.push(`${Buffer.from(value!).toString()}: ${error.name}`))
      }
      producer.send(outgoing(topic, 0, 'fine'), (_, error) => failed.push(error.message))
      await producer.flush()
      expect(failed).toEqual(['0: BrokerError', '1: BrokerError', '2: BrokerError'])
      expect(performance.now() - start).toBeLessThan(hangMs)
      expect((await readAll(topic, 1)).map(({ value }) => value)).toEqual(['fine'])
      await producer.close()
    })

    test('splits a batch that the topic finds too large, and reports only the record that can never fit', async () => {
      const topic = await createTopic(under(), 1, { 'max.message.bytes': '3000' })
      const producer = under().port.producer(producerOptions({ compression: 'none', batchBytes: 50_000 }))
      await producer.connect()
      const failed: number[] = []
      const sizes = [900, 900, 900, 900, 9_000, 900, 900, 900]
      for (const size of sizes)
        producer.send(outgoing(topic, 0, 'x'.repeat(size)), ({ value }) => failed.push(value!.length))
      await producer.flush()
      expect(failed).toEqual([9_000])
      expect((await readAll(topic, 7)).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6])
      await producer.close()
    })

    test('connecting where no broker is says so in time, naming the address', async () => {
      const producer = under().nowhere(1_500).producer(producerOptions())
      await expect(producer.connect()).rejects.toMatchObject({
        code: 'MILLRACE_BROKER_UNREACHABLE',
        message: expect.stringMatching(/127\.0\.0\.1:\d+/),
      })
    })
  })
}
