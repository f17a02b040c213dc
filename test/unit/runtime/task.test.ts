import { describe, expect, test } from 'vitest'
import { json, string, topology, tumbling, type ExtractedFrom, type SchemaRegistry, type Serde } from 'millrace'
import { BrokerError } from '../../../src/core/errors.ts'
import { memoryBatch, type BatchRecord } from '../../../src/testing/memory-batch.ts'
import { bytes, record, taskRig } from './task-rig.ts'

const serdes = { key: string(), value: string() }

describe('which record goes next', () => {
  const merged = topology('merged', (builder) => {
    const second = builder.stream('second', serdes)
    builder.stream('first', serdes).merge(second).to('out', serdes)
  })

  test('the one with the smallest timestamp, whatever order the topics came in', async () => {
    const { enqueue, run, take } = await taskRig(merged)
    enqueue('first', record('k', 'a', 5), record('k', 'b', 1), record('k', 'c', 9))
    enqueue('second', record('k', 'x', 4), record('k', 'y', 6))
    run()
    // Only heads are compared: b waits behind a, as in its partition.
    expect(take('out')).toEqual(['k=x@4', 'k=a@5', 'k=b@1', 'k=y@6', 'k=c@9'])
  })

  test('of equal timestamps that of the source declared first', async () => {
    const { enqueue, run, take } = await taskRig(merged)
    enqueue('first', record('k', 'a', 5), record('k', 'b', 5))
    enqueue('second', record('k', 'x', 5), record('k', 'y', 5))
    run()
    expect(take('out')).toEqual(['k=x@5', 'k=y@5', 'k=a@5', 'k=b@5'])
  })

  test('the scheduler can see it coming', async () => {
    const { task, enqueue, run } = await taskRig(merged)
    expect(task.nextTimestamp()).toBeUndefined()
    expect(task.emptyInputs().map(({ topic }) => topic)).toEqual(['second', 'first'])
    enqueue('first', record('k', 'a', 5), record('k', 'b', 3))
    expect(task.nextTimestamp()).toBe(5)
    expect(task.emptyInputs().map(({ topic }) => topic)).toEqual(['second'])
    expect([task.bufferedTotal, task.bufferedCount({ topic: 'first', partition: 0 })]).toEqual([2, 2])
    run()
    expect(task.nextTimestamp()).toBeUndefined()
  })
})

test('a timestamp extractor sees key, headers, the record’s own time and the largest one so far', async () => {
  const seen: unknown[] = []
  const source = topology('extracted', (builder) => {
    const timestamp = (value: string, { key, timestamp, partitionTime, headers }: ExtractedFrom<string>): number => {
      seen.push([key, value, timestamp, partitionTime, headers.length])
      return Number(value)
    }
    builder.stream('in', { ...serdes, timestamp }).to('out', serdes)
  })
  const { enqueue, run, take } = await taskRig(source)
  enqueue(
    'in',
    record('k', '50', 1),
    record('k', '20', -1),
    { ...record(null, '60', 3), headers: [['h', null]] },
    record('k', '7', 4),
  )
  run()
  expect(take('out')).toEqual(['k=50@50', 'k=20@20', 'null=60@60', 'k=7@7'])
  expect(seen).toEqual([
    ['k', '50', 1, -1, 0],
    ['k', '20', -1, 50, 0],
    [null, '60', 3, 50, 1],
    ['k', '7', 4, 60, 0],
  ])
})

describe('offsets', () => {
  const copied = topology('copied', (builder) => {
    builder.stream(['a', 'b'], serdes).to('out', serdes)
  })

  test('the position after the last record that is done, of inputs that moved since the last commit', async () => {
    const { task, enqueue, run } = await taskRig(copied, { partition: 2 })
    expect(task.offsetsToCommit()).toEqual([])
    enqueue('a', record('k', 'v', 1), record('k', 'v', 2), record('k', 'v', 3))
    task.process()
    task.process()
    expect(task.offsetsToCommit()).toEqual([{ topic: 'a', partition: 2, offset: 2 }])
    task.committed()
    expect(task.offsetsToCommit()).toEqual([])
    enqueue('b', record('k', 'v', 9))
    run()
    expect(task.offsetsToCommit()).toEqual([
      { topic: 'a', partition: 2, offset: 3 },
      { topic: 'b', partition: 2, offset: 1 },
    ])
  })

  test('gaps in the offsets are kept', async () => {
    const { task, run } = await taskRig(copied)
    const at = (offset: number): BatchRecord => ({ ...(record('k', 'v', 1) as BatchRecord), headers: [], offset })
    task.enqueue(memoryBatch({ topic: 'a', partition: 0 }, [at(10), at(17)]))
    task.process()
    expect(task.offsetsToCommit()).toEqual([{ topic: 'a', partition: 0, offset: 11 }])
    run()
    expect(task.offsetsToCommit()).toEqual([{ topic: 'a', partition: 0, offset: 18 }])
  })

  test('an empty batch changes nothing', async () => {
    const { task } = await taskRig(copied)
    task.enqueue(memoryBatch({ topic: 'a', partition: 0 }, []))
    expect([task.bufferedTotal, task.offsetsToCommit()]).toEqual([0, []])
  })
})

test('changelog records go to the partition of the task, once per commit', async () => {
  const counted = topology('counted', (builder) => {
    builder
      .stream('in', serdes)
      .groupByKey()
      .aggregate(
        () => '',
        (all, value) => (value === '-' ? null : all + value),
        { store: 'all', value: string() },
      )
  })
  const { task, enqueue, run, sent } = await taskRig(counted, { partition: 7 })
  enqueue('in', record('a', '1', 10), record('a', '2', 30), record('b', '3', 20))
  run()
  expect(task.changedEntries).toBe(2)
  task.flushStores()
  const changelog = { topic: 'app-all-changelog', partition: 7, headers: [], nodeName: 'all' }
  expect(sent.splice(0)).toEqual([
    { ...changelog, key: bytes('a'), value: bytes('12'), timestamp: 30 },
    { ...changelog, key: bytes('b'), value: bytes('3'), timestamp: 20 },
  ])
  expect(task.changedEntries).toBe(0)
  enqueue('in', record('a', '-', 40))
  run()
  task.flushStores()
  expect(sent).toEqual([{ ...changelog, key: bytes('a'), value: null, timestamp: 40 }])
})

test('a value that its store cannot write is an error that names store and changelog', async () => {
  const broken = topology('broken', (builder) => {
    builder
      .stream('in', serdes)
      .groupByKey()
      .aggregate(
        () => 0n,
        (n) => n,
        { store: 'n', value: json<bigint>() },
      )
  })
  const { task, enqueue, run } = await taskRig(broken)
  enqueue('in', record('a', '1', 10))
  run()
  expect(() => task.flushStores()).toThrowError(
    expect.objectContaining({ code: 'MILLRACE_ENCODE_FAILED', nodeName: 'n', topic: 'app-n-changelog', taskId: '0_0' }),
  )
})

test('dropped records are counted by reason', async () => {
  const windows = topology('windows', (builder) => {
    builder
      .stream('in', serdes)
      .groupByKey()
      .windowedBy(tumbling({ size: 10, grace: 0 }))
      .count()
  })
  const { enqueue, run, metrics } = await taskRig(windows)
  enqueue('in', record('a', '1', 10), record(null, '1', 30), record('a', '1', 20), record('a', '1', 9))
  run()
  expect(Object.fromEntries(metrics.dropped)).toEqual({ 'null-key': 1, late: 1 })
  expect(metrics.recordsIn).toBe(4)
})

describe('records that need I/O before they can be decoded', () => {
  /** Ready for `known`; asks for each other value, and fails as `failure` says. */
  function asking(failure: Error | undefined): { serde: Serde<string>; asked: string[] } {
    const asked: string[] = []
    const prime = (content: Uint8Array): Promise<void> | undefined => {
      const value = Buffer.from(content).toString()
      if (value === 'known') return undefined
      asked.push(value)
      return failure === undefined ? Promise.resolve() : Promise.reject(failure)
    }
    return { serde: { ...string(), prime }, asked }
  }

  async function primed(
    failure: Error | undefined,
  ): Promise<{ prime(...values: string[]): Promise<void> | undefined; asked: string[] }> {
    const { serde, asked } = asking(failure)
    const source = topology('primed', (builder) =>
      builder.stream('in', { key: string(), value: serde }).to('out', serdes),
    )
    const { task } = await taskRig(source)
    const batch = (values: string[]) =>
      memoryBatch(
        { topic: 'in', partition: 0 },
        values.map((value, offset) => ({ offset, timestamp: 1, key: bytes('k'), value: bytes(value), headers: [] })),
      )
    return { asked, prime: (...values) => task.prime(batch(values)) }
  }

  test('nothing is waited for when all is known', async () => {
    const { prime, asked } = await primed(undefined)
    expect(prime('known', 'known')).toBeUndefined()
    expect(prime()).toBeUndefined()
    expect(asked).toEqual([])
  })

  test('all that is unknown is asked for at once', async () => {
    const { prime, asked } = await primed(undefined)
    await expect(prime('new', 'known', 'newer')).resolves.toBeUndefined()
    expect(asked).toEqual(['new', 'newer'])
  })

  test('a registry out of reach is not the record’s fault; a schema that does not exist is left to the decode handler', async () => {
    const failed = (retriable: boolean): BrokerError =>
      new BrokerError('MILLRACE_REGISTRY_FAILED', 'no answer', { retriable })
    await expect((await primed(failed(true))).prime('new')).rejects.toThrow('no answer')
    await expect((await primed(failed(false))).prime('new')).resolves.toBeUndefined()
    await expect((await primed(new Error('broken'))).prime('new')).resolves.toBeUndefined()
  })
})

test('serdes are bound to their topics and parts before any record', async () => {
  const bound: string[] = []
  const binding = (name: string): Serde<string> => ({
    ...string(),
    name,
    bind: async ({ topic, part }) => {
      bound.push(`${name} ${topic} ${part}`)
      return string()
    },
  })
  const source = { key: binding('source-key'), value: binding('source-value') }
  const left = topology('bound', (builder) => {
    const one = builder.stream('one', source)
    const other = builder.stream('two', { key: binding('two-key'), value: binding('two-value') })
    one
      .leftJoin(other, (l) => l, { name: 'j', within: 1, grace: 0 })
      .to(() => 'some', { key: binding('out-key'), value: binding('out-value') })
  })
  await taskRig(left, { registry: {} as SchemaRegistry })
  expect(bound.toSorted()).toEqual([
    'out-key app-j-sink key',
    'out-value app-j-sink value',
    'source-key app-j-left-changelog key',
    'source-key app-j-right-changelog key',
    'source-key app-j-unmatched-changelog key',
    'source-key one key',
    'source-value app-j-left-changelog value',
    'source-value app-j-unmatched-changelog value',
    'source-value one value',
    'two-key two key',
    'two-value app-j-right-changelog value',
    'two-value app-j-unmatched-changelog-right value',
    'two-value two value',
  ])
})
