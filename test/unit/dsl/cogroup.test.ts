import { describe, expect, test } from 'vitest'
import { describePlan, json, planTopology, session, string, topology, tumbling, type StreamsBuilder } from 'millrace'
import { createTestDriver } from 'millrace/testing'

const serdes = { key: string(), value: json<string>() }
const list = json<string[]>()
const tag = (name: string) => (all: string[], value: string) => [...all, name + value]

/** Adds and removals by the letter that their value begins with. */
function rekeyed(builder: StreamsBuilder) {
  const byFirst = (topic: string) => builder.stream(topic, serdes).groupBy((value) => value.slice(0, 1), serdes)
  return { adds: byFirst('adds'), removals: byFirst('removals') }
}

describe('cogroup', () => {
  test('folds streams into one store, each through a repartition topic of its own', async () => {
    const built = topology('shop', (builder) => {
      const { adds, removals } = rekeyed(builder)
      adds
        .cogroup(tag('+'))
        .cogroup(removals, tag('-'))
        .aggregate(() => [], { store: 'carts', value: list })
        .toStream()
        .to('out', { key: string(), value: list })
    })
    const driver = await createTestDriver(built)
    const adds = await driver.inputTopic('adds', serdes)
    const removals = await driver.inputTopic('removals', serdes)
    const out = await driver.outputTopic('out', { key: string(), value: list })
    adds.pipe({ key: null, value: 'apple', timestamp: 7 })
    removals.pipe({ key: null, value: 'ant', timestamp: 3 })
    expect(out.read().map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', ['+apple'], 7],
      ['a', ['+apple', '-ant'], 7],
    ])
    expect(driver.keyValueStore('carts')?.get('a')?.value).toEqual(['+apple', '-ant'])
    const { internalTopics, copartitionGroups } = driver.plan
    expect(internalTopics.map(({ name }) => name).toSorted()).toEqual([
      'shop-carts-2-repartition',
      'shop-carts-changelog',
      'shop-carts-repartition',
    ])
    expect(copartitionGroups.map(({ topics }) => topics)).toEqual([
      ['shop-carts-repartition', 'shop-carts-2-repartition'],
    ])
  })

  test('a third stream at the end renames nothing', () => {
    const names = (hasThird: boolean): readonly string[] => {
      const built = topology('shop', (builder) => {
        const { adds, removals } = rekeyed(builder)
        const two = adds.cogroup(tag('+')).cogroup(removals, tag('-'))
        const third = builder.stream('third', serdes).groupBy((value) => value, serdes)
        const all = hasThird ? two.cogroup(third, tag('?')) : two
        all.aggregate(() => [], { store: 'carts', value: list })
      })
      return planTopology(built, { applicationId: 'app' }).internalTopics.map(({ name }) => name)
    }
    expect(names(true)).toEqual(expect.arrayContaining([...names(false), 'app-carts-3-repartition']))
  })

  test('sessions take the records of all streams', async () => {
    const built = topology('visits', (builder) => {
      const grouped = (topic: string) => builder.stream(topic, serdes).groupByKey()
      grouped('a')
        .cogroup(tag('a'))
        .cogroup(grouped('b'), tag('b'))
        .windowedBy(session({ gap: 10, grace: 50 }))
        .aggregate(
          () => [],
          (left, right) => [...left, ...right],
          { store: 'sessions', value: list },
        )
    })
    const driver = await createTestDriver(built)
    const a = await driver.inputTopic('a', serdes)
    const b = await driver.inputTopic('b', serdes)
    a.pipe({ key: 'k', value: '1', timestamp: 0 })
    b.pipe({ key: 'k', value: '2', timestamp: 9 }, { key: 'k', value: '3', timestamp: 30 })
    const sessions = [...driver.sessionStore<string, string[]>('sessions')!.all()]
    expect(sessions.map(([{ window }, value]) => [window, value])).toEqual([
      [{ start: 0, end: 9 }, ['a1', 'b2']],
      [{ start: 30, end: 30 }, ['b3']],
    ])
  })

  test('shows as one aggregate for each stream on one store', () => {
    const built = topology('sums', (builder) => {
      const grouped = (topic: string) => builder.stream(topic, serdes).groupByKey()
      grouped('a')
        .cogroup(tag('a'))
        .cogroup(grouped('b'), tag('b'))
        .windowedBy(tumbling({ size: 10, grace: 0 }))
        .aggregate(() => [], { store: 'windows', name: 'both', value: list })
    })
    const text = describePlan(planTopology(built, { applicationId: 'app' }))
    expect(text).toContain('Processor: both-1 (stores: [windows])')
    expect(text).toContain('Processor: both-2 (stores: [windows])')
  })

  test('the same grouped stream twice is a mistake', () => {
    const declare = (): unknown =>
      topology('twice', (builder) => {
        const { adds } = rekeyed(builder)
        adds
          .cogroup(tag('+'))
          .cogroup(adds, tag('-'))
          .aggregate(() => [], { value: list })
      })
    expect(declare).toThrow(/the same grouped stream is added twice/)
  })
})
