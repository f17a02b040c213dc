import { expect, test } from 'vitest'
import { json, planTopology, string, topology, type StreamsBuilder } from 'millrace'
import { feedersOf } from '../../../src/runtime/feeders.ts'

const serdes = { key: string(), value: json<number>() }

/** `id <- ids` of each sub-topology that has feeders. */
function feeders(declare: (builder: StreamsBuilder) => void): readonly string[] {
  const { subtopologies } = planTopology(topology('fed', declare), { applicationId: 'app' })
  return [...feedersOf(subtopologies)].flatMap(([id, { ids }]) =>
    ids.size === 0 ? [] : [`${id} <- ${[...ids].toSorted((a, b) => a - b).join()}`],
  )
}

test('feeders are those at any remove, and what comes beside them is none', () => {
  const found = feeders((builder) => {
    const first = builder.stream('in', serdes).selectKey((value) => `${value}`, { key: string() })
    const second = first.groupByKey({ name: 'one' }).count({ name: 'one' }).toStream({ name: 'flat' })
    second
      .selectKey((value) => `${value}`, { key: string() })
      .groupByKey({ name: 'two', value: json<any>() })
      .count({ name: 'two' })
    builder.stream('beside', serdes).to('out', serdes)
  })
  expect(found).toEqual(['1 <- 0', '2 <- 0,1'])
})

test('the sides of a foreign-key join, which feed each other, do not wait for each other', () => {
  const found = feeders((builder) => {
    const right = builder.table('right', serdes)
    builder.table('left', serdes).joinByForeignKey(
      right,
      () => 'k',
      (a, b) => a + b,
      { value: serdes.value },
    )
  })
  expect(found).toEqual([])
})
