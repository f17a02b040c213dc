import { describe, expect, test } from 'vitest'
import { int32, json, string } from 'millrace'
import type { SinkSpec } from '../../../src/planner/operator-spec.ts'
import type { CollectedRecord } from '../../../src/runtime/record-collector.ts'
import { SinkOperator } from '../../../src/runtime/sink-operator.ts'
import { recorded, type RecordingContext } from '../../support/recording-context.ts'
import { bytes } from './task-rig.ts'
import { inBytes } from '../../support/in-bytes.ts'

function sink(spec: Partial<SinkSpec>): {
  send(key: unknown, value: unknown): readonly CollectedRecord[]
  context: RecordingContext
} {
  const collected: CollectedRecord[] = []
  const full = {
    kind: 'sink',
    topic: 'out',
    key: string(),
    value: string(),
    partitioner: null,
    dropNullKeys: false,
    ...spec,
  } as SinkSpec
  const operator = new SinkOperator(full, {
    partitionCount: () => 3,
    send: (record) => void collected.push(inBytes(record)),
  })
  const { send, context } = recorded(operator)
  return {
    context,
    send(key, value) {
      send(key, value, 7, [['h', bytes('1')]])
      return collected.splice(0)
    },
  }
}

test('key, value, timestamp and headers are written', () => {
  expect(sink({}).send('k', 'v')).toEqual([
    {
      topic: 'out',
      partition: null,
      key: bytes('k'),
      value: bytes('v'),
      timestamp: 7,
      headers: [['h', bytes('1')]],
      nodeName: 'under-test',
    },
  ])
})

test('null is null on the wire', () => {
  expect(sink({}).send(null, null)).toEqual([expect.objectContaining({ key: null, value: null })])
})

test('before a repartition topic null keys are dropped and counted', () => {
  const { send, context } = sink({ dropNullKeys: true })
  expect(send(null, 'v')).toEqual([])
  expect(context.dropped).toEqual(['null-key'])
})

test('a function names the topic from value and key', () => {
  expect(sink({ topic: (value, key) => `${key}-${value}` }).send('k', 'v')).toEqual([
    expect.objectContaining({ topic: 'k-v' }),
  ])
})

test.each([[undefined], [null], ['']])('a function that names the topic %j is at fault', (topic) => {
  expect(() => sink({ topic: () => topic as never }).send('k', 'v')).toThrow(
    'the function that names the topic returned',
  )
})

describe('a partitioner', () => {
  test('gets value, key and partition count', () => {
    const partitioner = (value: string, key: string, count: number): number => value.length + key.length + count - 4
    expect(sink({ partitioner }).send('k', 'v')).toEqual([expect.objectContaining({ partition: 1 })])
  })

  test.each([[-1], [3], [0.5], [Number.NaN], [undefined]])('is at fault when it returns %s', (partition) => {
    const { send } = sink({ partitioner: () => partition as number })
    expect(() => send('k', 'v')).toThrow(`the partitioner returned ${partition}, and out has partitions 0 to 2`)
  })
})

test('what does not fit its serde is an error that names topic, part and serde', () => {
  expect(() => sink({ key: int32() }).send('k', 'v')).toThrow(/^the key for out does not fit int32: /)
  expect(() => sink({ value: json() }).send('k', 1n)).toThrow(/^the value for out does not fit json: /)
})
