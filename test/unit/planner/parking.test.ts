import { describe, expect, test } from 'vitest'
import { json, planTopology, string, topology, type KStream, type OnError, type Plan } from 'millrace'

const serdes = { key: string(), value: json<number>() }

function planned(declare: (stream: KStream<string, number>) => void): Plan {
  const declared = topology('app', (builder) => declare(builder.stream('in', serdes)))
  return planTopology(declared, { applicationId: 'app' })
}

const same = (value: number): number => value
const total = { value: json<number>(), store: 'totals' }

describe('park', () => {
  test('gives the source a store with a changelog, named after its topic', () => {
    const { internalTopics, subtopologies } = planned((stream) =>
      stream.mapValues(same, { onError: 'park' }).to('out', serdes),
    )
    expect(internalTopics.map(({ name }) => name)).toEqual(['app-in-parked-changelog'])
    expect(subtopologies[0]!.stores.map(({ name }) => name)).toEqual(['in-parked'])
  })

  test('behind a repartition topic the store is that topic’s', () => {
    const { internalTopics } = planned((stream) =>
      stream
        .selectKey((value) => `${value}`)
        .groupByKey({ ...serdes, name: 'by-value' })
        .reduce((a) => a, { onError: 'park', store: 'r' }),
    )
    expect(internalTopics.map(({ name }) => name)).toContain('app-by-value-repartition-parked-changelog')
    expect(internalTopics.map(({ name }) => name)).not.toContain('app-in-parked-changelog')
  })

  test('below an operator with state it is refused, and a repartition topic between them helps', () => {
    const below = (onError: OnError) => (stream: KStream<string, number>) =>
      stream
        .groupByKey()
        .aggregate(() => 0, same, total)
        .toStream()
        .mapValues((value) => value ?? 0, { name: 'late', onError })
        .to('out', serdes)
    expect(() => planned(below('park'))).toThrow('late: it cannot park: totals above it has state')
    expect(() => planned(below({ retry: { attempts: 2 }, then: 'park' }))).toThrow('it cannot park')
    expect(() => planned(below('dead-letter'))).not.toThrow()
    expect(() =>
      planned((stream) =>
        stream
          .groupByKey()
          .aggregate(() => 0, same, total)
          .toStream()
          .repartition({ name: 'again' })
          .mapValues((value) => value ?? 0, { onError: 'park' })
          .to('out', serdes),
      ),
    ).not.toThrow()
  })

  test('what is no policy is reported with the other mistakes', () => {
    expect(() => planned((stream) => stream.mapValues(same, { name: 'm', onError: 'ignore' as never }))).toThrow(
      'm: its onError is ignore',
    )
    expect(() =>
      planned((stream) => stream.mapValues(same, { name: 'm', onError: { retry: { attempts: 0 }, then: 'skip' } })),
    ).toThrow('m: attempts of retries is 0')
  })
})

test('a step with a policy is not fused with its neighbours', () => {
  const names = ({ subtopologies }: Plan): readonly string[] => subtopologies[0]!.nodes.map(({ name }) => name)
  const three = (onError?: OnError) =>
    planned((stream) =>
      stream
        .mapValues(same, { name: 'one' })
        .mapValues(same, { name: 'two', ...(onError !== undefined && { onError }) })
        .mapValues(same, { name: 'three' })
        .to('out', serdes),
    )
  expect(names(three())).toEqual(['in', 'three', 'three-sink'])
  expect(names(three('skip'))).toEqual(['in', 'one', 'two', 'three', 'three-sink'])
})
