import { describe, expect, test } from 'vitest'
import { json, string, topology, type ErrorAnswer, type KStream, type Topology } from 'millrace'
import { bytes, record, taskRig, text, type RigOptions, type TaskRig } from './task-rig.ts'

const serdes = { key: string(), value: json<number>() }

function numbers(declare: (stream: KStream<string, number>) => void): Topology {
  return topology('numbers', (builder) => declare(builder.stream('in', serdes)))
}

const copied = numbers((stream) => stream.to('out', serdes))

/** Throws on 2. */
function picky(value: number): number {
  if (value === 2) throw new RangeError('two is too many')
  return value
}

function answering(answer: ErrorAnswer): RigOptions & { readonly asked: unknown[][] } {
  const asked: unknown[][] = []
  const ask = (...question: unknown[]): ErrorAnswer => {
    asked.push(question)
    return answer
  }
  return { asked, handlers: { decode: ask, process: ask, produce: ask }, deadLetterTopic: 'dead' }
}

function headers(rig: TaskRig): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    rig.sent.find(({ topic }) => topic === 'dead')!.headers.map(([name, value]) => [name, text(value)]),
  )
}

describe('a record that cannot be decoded', () => {
  const batch = [record('a', '1', 1), record('b', 'not json', 2), record('c', '3', 3)]

  test('fail keeps its offset: the record is met again after a restart', async () => {
    const rig = await taskRig(copied)
    rig.enqueue('in', ...batch)
    const failure = {
      code: 'MILLRACE_DECODE_FAILED',
      topic: 'in',
      partition: 0,
      offset: 1,
      nodeName: 'in',
      taskId: '0_0',
    }
    expect(() => rig.run()).toThrowError(expect.objectContaining(failure))
    expect(rig.take('out')).toEqual(['a=1@1'])
    expect(rig.task.offsetsToCommit()).toEqual([{ topic: 'in', partition: 0, offset: 1 }])
  })

  test('fail on the first record is thrown where it is enqueued', async () => {
    const rig = await taskRig(copied)
    expect(() => rig.enqueue('in', record('b', 'not json', 2))).toThrow(
      'the record at in-0 offset 0 cannot be read (key string, value json)',
    )
    expect(rig.task.offsetsToCommit()).toEqual([])
  })

  test('continue moves on, counts, and commits past it', async () => {
    const options = answering('continue')
    const rig = await taskRig(copied, options)
    rig.enqueue('in', record('x', '?', 0), ...batch, record('y', '?', 9))
    rig.run()
    expect(rig.take('out')).toEqual(['a=1@1', 'c=3@3'])
    expect(rig.task.offsetsToCommit()).toEqual([{ topic: 'in', partition: 0, offset: 5 }])
    expect(Object.fromEntries(rig.metrics.errors)).toEqual({ 'decode:continue': 3 })
    expect(rig.metrics.recordsIn).toBe(5)
  })

  test('dead-letter carries key, value, timestamp and headers, and the cause in further headers', async () => {
    const rig = await taskRig(copied, answering('dead-letter'))
    rig.enqueue('in', { ...record('b', 'not json', 2), headers: [['own', bytes('1')]] })
    const dead = { topic: 'dead', partition: null, key: bytes('b'), value: bytes('not json'), timestamp: 2 }
    expect(rig.sent).toEqual([expect.objectContaining(dead)])
    expect(headers(rig)).toEqual({
      own: '1',
      '__streams.errors.exception': 'MILLRACE_DECODE_FAILED',
      '__streams.errors.message': expect.stringContaining('the record at in-0 offset 0 cannot be read'),
      '__streams.errors.topic': 'in',
      '__streams.errors.partition': '0',
      '__streams.errors.offset': '0',
      '__millrace.errors.node': 'in',
      '__millrace.errors.task': '0_0',
    })
  })

  test('the handler sees the error and the record as it came', async () => {
    const options = answering('continue')
    const rig = await taskRig(copied, options)
    rig.enqueue('in', record('b', 'not json', 2))
    const [[error, failed]] = options.asked as [[Error, object]]
    expect(error).toMatchObject({ code: 'MILLRACE_DECODE_FAILED', offset: 0 })
    expect(failed).toEqual({
      topic: 'in',
      partition: 0,
      offset: 0,
      timestamp: 2,
      key: bytes('b'),
      value: bytes('not json'),
      headers: [],
      taskId: '0_0',
      nodeName: 'in',
    })
  })

  test.each([[-1], [Number.NaN], [Infinity]])('neither can one whose event time is %s', async (time) => {
    const timed = topology('timed', (builder) =>
      builder.stream('in', { ...serdes, timestamp: () => time }).to('out', serdes),
    )
    const rig = await taskRig(timed)
    expect(() => rig.enqueue('in', record('a', '1', 5))).toThrow(
      `its timestamp is ${time}: milliseconds since the epoch are expected`,
    )
  })

  test('a record without a timestamp needs an extractor', async () => {
    const rig = await taskRig(copied)
    expect(() => rig.enqueue('in', record('a', '1', -1))).toThrow('its timestamp is -1')
  })
})

describe('a function that throws', () => {
  test('fail throws with the place and the cause; nothing is committed beyond', async () => {
    const rig = await taskRig(numbers((stream) => stream.mapValues(picky, { name: 'pick' }).to('out', serdes)))
    rig.enqueue('in', record('a', '1', 1), record('b', '2', 2))
    const place = {
      code: 'MILLRACE_PROCESSING_FAILED',
      topic: 'in',
      partition: 0,
      offset: 1,
      nodeName: 'pick',
      taskId: '0_0',
    }
    expect(() => rig.run()).toThrowError(
      expect.objectContaining({ ...place, cause: new RangeError('two is too many') }),
    )
    expect(rig.task.offsetsToCommit()).toEqual([{ topic: 'in', partition: 0, offset: 1 }])
    expect(Object.fromEntries(rig.metrics.errors)).toEqual({ 'process:fail': 1 })
  })

  test('continue drops the record at that node; what siblings made of it stays', async () => {
    const branches = numbers((stream) => {
      stream.to('before', serdes)
      stream.mapValues(picky).to('picked', serdes)
      stream.flatMapValues((value) => [value, picky(value)]).to('flat', serdes)
      stream.to('after', serdes)
    })
    const rig = await taskRig(branches, answering('continue'))
    rig.enqueue('in', record('a', '2', 1), record('b', '3', 2))
    rig.run()
    expect(rig.take('before')).toEqual(['a=2@1', 'b=3@2'])
    expect(rig.take('picked')).toEqual(['b=3@2'])
    expect(rig.take('flat')).toEqual(['b=3@2', 'b=3@2'])
    expect(rig.take('after')).toEqual(['a=2@1', 'b=3@2'])
    expect(rig.task.offsetsToCommit()).toEqual([{ topic: 'in', partition: 0, offset: 2 }])
  })

  test('what a node forwarded before it threw stays too', async () => {
    const generated = numbers((stream) => {
      const upTo = function* (value: number): Iterable<number> {
        for (let n = 1; n <= value; n++) yield picky(n)
      }
      stream.flatMapValues(upTo).to('out', serdes)
    })
    const rig = await taskRig(generated, answering('continue'))
    rig.enqueue('in', record('a', '3', 1))
    rig.run()
    expect(rig.take('out')).toEqual(['a=1@1'])
  })

  test('a failure below a node is asked about once, and is not the node’s', async () => {
    const options = answering('continue')
    const chained = numbers((stream) => {
      stream
        .flatMapValues((value) => [value, value + 1], { name: 'twice' })
        .mapValues(picky, { name: 'pick' })
        .to('out', serdes)
    })
    const rig = await taskRig(chained, options)
    rig.enqueue('in', record('a', '2', 1))
    rig.run()
    expect(options.asked.map(([error]) => (error as { nodeName?: string }).nodeName)).toEqual(['pick'])
    expect(rig.take('out')).toEqual(['a=3@1'])
  })

  test('within a fused chain the step has its own name', async () => {
    const chain = numbers((stream) => {
      stream
        .filter(() => true, { name: 'one' })
        .mapValues(picky, { name: 'two' })
        .filter(() => true, { name: 'three' })
        .to('out', serdes)
    })
    const rig = await taskRig(chain, answering('dead-letter'))
    rig.enqueue('in', record('a', '2', 1))
    rig.run()
    expect(headers(rig)).toMatchObject({
      '__millrace.errors.node': 'two',
      '__streams.errors.message': 'two failed on the record at in-0 offset 0: RangeError: two is too many',
    })
  })

  test('a serde that the user’s own function calls is the function’s failure', async () => {
    const options = answering('continue')
    const decoding = numbers((stream) => {
      stream.flatMapValues(() => [json<number>().deserialize(Buffer.from('{'))], { name: 'inner' }).to('out', serdes)
      stream.mapValues(() => json<number>().deserialize(Buffer.from('{')), { name: 'fused' }).to('out', serdes)
    })
    const rig = await taskRig(decoding, options)
    rig.enqueue('in', record('a', '1', 1))
    rig.run()
    expect(options.asked.map(([error]) => error)).toEqual([
      expect.objectContaining({ code: 'MILLRACE_PROCESSING_FAILED', nodeName: 'inner' }),
      expect.objectContaining({ code: 'MILLRACE_PROCESSING_FAILED', nodeName: 'fused' }),
    ])
  })

  test('what is thrown need not be an error', async () => {
    const throwing = numbers((stream) => {
      stream.foreach(
        () => {
          // oxlint-disable-next-line typescript/only-throw-error -- what users may do
          throw undefined
        },
        { name: 'f' },
      )
    })
    const rig = await taskRig(throwing)
    rig.enqueue('in', record('a', '1', 1))
    expect(() => rig.run()).toThrow('f failed on the record at in-0 offset 0: undefined')
  })
})

describe('a result that cannot be written', () => {
  const unfit = numbers((stream) => stream.to('out', { key: string(), value: string() as never }))

  test('fail throws with the sink’s name', async () => {
    const rig = await taskRig(unfit)
    rig.enqueue('in', record('a', '1', 1))
    expect(() => rig.run()).toThrowError(
      expect.objectContaining({ code: 'MILLRACE_ENCODE_FAILED', nodeName: 'in-sink', offset: 0, taskId: '0_0' }),
    )
  })

  test('continue leaves it out, dead-letter sends the input record', async () => {
    const options = answering('dead-letter')
    const rig = await taskRig(unfit, options)
    rig.enqueue('in', record('a', '1', 1))
    rig.run()
    expect(rig.sent).toEqual([expect.objectContaining({ topic: 'dead', key: bytes('a'), value: bytes('1') })])
    expect(Object.fromEntries(rig.metrics.errors)).toEqual({ 'produce:dead-letter': 1 })
    expect(options.asked[0]![1]).toMatchObject({ topic: 'in', offset: 0, nodeName: 'in-sink' })
  })
})

describe('a handler that gives no answer', () => {
  const throwing = numbers((stream) =>
    stream
      .flatMapValues((value) => [value])
      .mapValues(picky)
      .to('out', serdes),
  )

  test('one that throws stops the app with both errors, and is asked once', async () => {
    let asked = 0
    const process = (): ErrorAnswer => {
      asked += 1
      throw new TypeError('handler broken')
    }
    const rig = await taskRig(throwing, { handlers: { process } })
    rig.enqueue('in', record('a', '2', 1))
    expect(() => rig.run()).toThrowError(
      expect.objectContaining({
        message: expect.stringMatching(
          /the process handler itself threw: TypeError: handler broken; it was asked about: .*two is too many/,
        ),
        cause: new TypeError('handler broken'),
        offset: 0,
      }),
    )
    expect(asked).toBe(1)
  })

  test.each([[undefined], ['skip'], [Promise.resolve('continue')]])('%s is no answer', async (answer) => {
    const rig = await taskRig(throwing, { handlers: { process: () => answer as ErrorAnswer } })
    rig.enqueue('in', record('a', '2', 1))
    expect(() => rig.run()).toThrow(
      `the process handler answered ${String(answer)}: 'fail', 'continue' or 'dead-letter' is expected`,
    )
    expect(rig.task.offsetsToCommit()).toEqual([])
  })

  test('dead-letter without a topic for it stops the app and says what to set', async () => {
    const rig = await taskRig(throwing, { handlers: { process: () => 'dead-letter' } })
    rig.enqueue('in', record('a', '2', 1))
    expect(() => rig.run()).toThrow(
      "the process handler answered dead-letter, but no deadLetterTopic is configured: set it in the app's config",
    )
  })
})
