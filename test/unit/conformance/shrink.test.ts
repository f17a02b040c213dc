import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../conformance/fuzz/generate.ts'
import { shrink, type StillDiffers } from '../../conformance/fuzz/shrink.ts'

const record = (topic: string, value: number): { topic: string; key: string; value: number; timestamp: number } => ({
  topic,
  key: 'a',
  value,
  timestamp: value,
})

const grown: Candidate = {
  name: 'grown',
  family: 'chain',
  topology: [
    { id: 'n0', op: 'stream', topic: 'in' },
    { id: 'n1', op: 'filter', from: ['n0'], fn: 'true' },
    { id: 'n2', op: 'stream', topic: 'other' },
    { id: 'n3', op: 'merge', from: ['n1', 'n2'] },
    { id: 'n4', op: 'groupByKey', from: ['n3'] },
    { id: 'n5', op: 'count', from: ['n4'] },
    { id: 'n6', op: 'toStream', from: ['n5'] },
    { id: 'n7', op: 'to', from: ['n6'], topic: 'out' },
    { id: 'n8', op: 'to', from: ['n3'], topic: 'side' },
  ],
  inputs: Array.from({ length: 40 }, (_, index) => record(index % 3 === 0 ? 'other' : 'in', index)),
}

/** A made-up oracle: whatever it is told to look for counts as a difference. */
function differsWhen(predicate: (candidate: Candidate) => boolean): {
  stillDiffers: StillDiffers
  asked: Candidate[][]
} {
  const asked: Candidate[][] = []
  return {
    asked,
    stillDiffers: async (candidates) => {
      asked.push([...candidates])
      return candidates.map(predicate)
    },
  }
}

const valuesOf = ({ inputs }: Candidate): unknown[] => inputs.map((one) => 'value' in one && one.value)
const ops = ({ topology }: Candidate): string[] => topology.map(({ op }) => op)

describe('shrink', () => {
  test('keeps the two inputs that matter, and their order', async () => {
    const { stillDiffers } = differsWhen((one) => valuesOf(one).includes(7) && valuesOf(one).includes(31))
    expect(valuesOf(await shrink(grown, stillDiffers))).toEqual([7, 31])
  })

  test('keeps only the nodes that the difference needs, and what they read', async () => {
    const { stillDiffers } = differsWhen((one) => ops(one).includes('count') && valuesOf(one).includes(7))
    const small = await shrink(grown, stillDiffers)
    expect(small.topology).toEqual([
      { id: 'n0', op: 'stream', topic: 'in' },
      { id: 'n4', op: 'groupByKey', from: ['n0'] },
      { id: 'n5', op: 'count', from: ['n4'] },
    ])
  })

  test('never asks about a node whose input is gone, nor an input of a topic that nobody reads', async () => {
    const { stillDiffers, asked } = differsWhen((one) => ops(one).includes('count'))
    await shrink(grown, stillDiffers)
    for (const { topology, inputs } of asked.flat()) {
      const ids = new Set(topology.map(({ id }) => id))
      const topics = new Set(topology.filter(({ op }) => op === 'stream').map(({ topic }) => topic))
      expect(topology.flatMap(({ from = [] }) => from).filter((id) => !ids.has(id))).toEqual([])
      expect(inputs.filter((one) => 'topic' in one && !topics.has(one.topic))).toEqual([])
    }
  })

  test('rewires what read a dropped operator, but keeps a split whose branches are read', async () => {
    const split: Candidate = {
      ...grown,
      topology: [
        { id: 'n0', op: 'stream', topic: 'in' },
        { id: 'n1', op: 'split', from: ['n0'], branches: [{ name: 'a', fn: 'true' }] },
        { id: 'n2', op: 'mapValues', from: ['n1.a'], fn: 'value' },
        { id: 'n3', op: 'to', from: ['n2'], topic: 'out' },
      ],
    }
    const { stillDiffers } = differsWhen((one) => ops(one).includes('to'))
    expect((await shrink(split, stillDiffers)).topology.slice(1)).toEqual([
      { id: 'n1', op: 'split', from: ['n0'], branches: [{ name: 'a', fn: 'true' }] },
      { id: 'n3', op: 'to', from: ['n1.a'], topic: 'out' },
    ])
  })

  test('gives back what it was given when nothing smaller differs', async () => {
    const { stillDiffers } = differsWhen(() => false)
    expect(await shrink(grown, stillDiffers)).toEqual(grown)
  })

  test('stops after the rounds it may have', async () => {
    const { stillDiffers, asked } = differsWhen(() => true)
    const small = await shrink(grown, stillDiffers, 3)
    expect(asked).toHaveLength(3)
    expect(small.topology.length).toBe(grown.topology.length - 3)
  })
})
