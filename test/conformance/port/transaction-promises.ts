import { describe, expect, test } from 'vitest'
import type { TransactionalProducerPort } from '../../../src/runtime/port.ts'
import {
  consumerOptions,
  createTopic,
  hangMs,
  hearing,
  outgoing,
  pollUntil,
  producerOptions,
  unique,
  write,
  type PortUnderTest,
} from './port-under-test.ts'

export function transactionPromises(under: () => PortUnderTest): void {
  const connected = async (transactionalId = unique('id')): Promise<TransactionalProducerPort> => {
    const options = { ...producerOptions({ compression: 'none' }), transactionalId, transactionTimeoutMs: 60_000 }
    const producer = under().port.transactionalProducer!(options)
    await producer.connect()
    return producer
  }
  const send = (producer: TransactionalProducerPort, topic: string, values: readonly string[]): Error[] => {
    const failures: Error[] = []
    for (const value of values) producer.send(outgoing(topic, 0, value), (_, error) => failures.push(error))
    return failures
  }
  /** Values up to and with the last one, which has to be written without a transaction. */
  const committed = async (topic: string, last: string): Promise<(string | null)[]> => {
    await write(under(), [outgoing(topic, 0, last)])
    const consumer = under().port.consumer(consumerOptions({ readCommitted: true }))
    await consumer.subscribe([topic], hearing())
    const seen = await pollUntil(consumer, (all) => all.at(-1)?.value === last)
    await consumer.close()
    return seen.map(({ value }) => value)
  }
  const offsetsOf = async (groupId: string, topic: string): Promise<number[]> => {
    const admin = under().port.admin()
    await admin.connect()
    const offsets = await admin.committedOffsets(groupId, [topic])
    await admin.close()
    return offsets.map(({ offset }) => offset)
  }
  /** Apache Kafka answers a commit before the offsets can be seen. */
  const until = async (groupId: string, topic: string, offset: number): Promise<void> => {
    const deadline = performance.now() + hangMs
    for (let seen = await offsetsOf(groupId, topic); seen[0] !== offset; seen = await offsetsOf(groupId, topic))
      if (performance.now() > deadline) throw new Error(`the group ${groupId} is at ${seen[0]}, not at ${offset}`)
  }
  const noMember = (groupId: string): Parameters<TransactionalProducerPort['sendOffsets']>[1] => ({
    groupId,
    memberId: '',
    generationId: -1,
    groupInstanceId: null,
  })

  describe('transactions', () => {
    test('T5 what is committed is seen together with the offsets of the group, in several partitions', async () => {
      const topic = await createTopic(under(), 2)
      const groupId = unique('group')
      const producer = await connected()
      const failures: Error[] = []
      for (let round = 0; round < 3; round++) {
        producer.begin()
        for (let i = 0; i < 500; i++)
          producer.send(outgoing(topic, i % 2, `${round}-${i}`), (_, error) => failures.push(error))
        await producer.sendOffsets([{ topic, partition: 0, offset: (round + 1) * 10 }], noMember(groupId))
        await producer.commit()
        await until(groupId, topic, (round + 1) * 10)
      }
      await producer.close()
      expect(failures).toEqual([])
      const consumer = under().port.consumer(consumerOptions({ readCommitted: true }))
      await consumer.subscribe([topic], hearing())
      const seen = await pollUntil(consumer, (all) => all.length >= 1_500)
      await consumer.close()
      for (const partition of [0, 1]) {
        const expected = [0, 1, 2].flatMap((round) =>
          Array.from({ length: 250 }, (_, i) => `${round}-${2 * i + partition}`),
        )
        expect(seen.filter((one) => one.partition === partition).map(({ value }) => value)).toEqual(expected)
      }
    })

    test('T6 nothing of what is aborted is seen, neither records nor offsets, and the next transaction is', async () => {
      const topic = await createTopic(under(), 1)
      const groupId = unique('group')
      const producer = await connected()
      producer.begin()
      send(producer, topic, ['no', 'not that'])
      await producer.flush()
      await producer.sendOffsets([{ topic, partition: 0, offset: 5 }], noMember(groupId))
      await producer.abort()
      expect(await offsetsOf(groupId, topic)).toEqual([])
      producer.begin()
      send(producer, topic, ['yes'])
      await producer.commit()
      producer.begin()
      const dropped = send(producer, topic, ['never sent'])
      await producer.abort()
      expect(dropped.map(({ message }) => message)).toEqual([expect.stringContaining('was aborted')])
      producer.begin()
      await producer.commit()
      await producer.close()
      expect(await committed(topic, 'end')).toEqual(['yes', 'end'])
    })

    test('T1 T2 a newer producer of the id ends what the older left open, and the older can do nothing any more', async () => {
      const topic = await createTopic(under(), 1)
      const transactionalId = unique('id')
      const zombie = await connected(transactionalId)
      zombie.begin()
      send(zombie, topic, ['of the zombie'])
      await zombie.flush()
      const newer = await connected(transactionalId)
      newer.begin()
      send(newer, topic, ['of the newer'])
      await newer.commit()
      const late = send(zombie, topic, ['late'])
      await expect(zombie.commit()).rejects.toMatchObject({
        code: 'MILLRACE_TASK_MIGRATED',
        message: expect.stringContaining(`'${transactionalId}' was fenced`),
      })
      expect(late).toHaveLength(1)
      expect(() => zombie.begin()).toThrow('was fenced')
      await expect(zombie.abort()).rejects.toThrow('was fenced')
      await zombie.close()
      newer.begin()
      await newer.commit()
      await newer.close()
      expect(await committed(topic, 'end')).toEqual(['of the newer', 'end'])
    })

    test('T4 C15 the offsets of a member are refused once the group went on without it', async () => {
      const topic = await createTopic(under(), 1)
      const options = consumerOptions()
      await write(under(), [outgoing(topic, 0, 'in')])
      const consumer = under().port.consumer(options)
      expect(consumer.groupMetadata()).toMatchObject({ groupId: options.groupId, generationId: -1 })
      await consumer.subscribe([topic], hearing())
      await pollUntil(consumer, (all) => all.length > 0)
      const member = consumer.groupMetadata()
      const producer = await connected()
      producer.begin()
      await producer.sendOffsets([{ topic, partition: 0, offset: 1 }], member)
      await producer.commit()
      await until(options.groupId, topic, 1)
      await consumer.close()
      const next = under().port.consumer(options)
      await next.subscribe([topic], hearing())
      while (next.groupMetadata().generationId <= 0) await next.poll(50)
      producer.begin()
      send(producer, topic, ['too late'])
      await expect(producer.sendOffsets([{ topic, partition: 0, offset: 9 }], member)).rejects.toMatchObject({
        code: 'MILLRACE_TASK_MIGRATED',
      })
      await expect(producer.commit()).rejects.toMatchObject({ code: 'MILLRACE_TASK_MIGRATED' })
      await producer.abort()
      producer.begin()
      await producer.sendOffsets([{ topic, partition: 0, offset: 2 }], next.groupMetadata())
      await producer.commit()
      await until(options.groupId, topic, 2)
      await producer.close()
      await next.close()
    })

    test('T5 a transaction of which a record failed cannot be committed; aborted, the producer goes on', async () => {
      const topic = await createTopic(under(), 1, { 'max.message.bytes': '3000' })
      const producer = await connected()
      producer.begin()
      const failures = send(producer, topic, ['small', 'x'.repeat(9_000)])
      await expect(producer.commit()).rejects.toMatchObject({ message: expect.stringContaining('only aborted') })
      expect(failures.at(-1)?.message).toMatch(/larger than .* allows/)
      await producer.abort()
      producer.begin()
      send(producer, topic, ['again'])
      await producer.commit()
      await producer.close()
      expect(await committed(topic, 'end')).toEqual(['again', 'end'])
    })
  })
}
