import { describe, expect, test } from 'vitest'
import {
  json,
  nullable,
  session,
  sliding,
  string,
  topology,
  tumbling,
  type KStream,
  type KTable,
  type StreamsBuilder,
} from 'millrace'
import { createTestDriver } from 'millrace/testing'

/*
 * Users' functions may return undefined where types were not checked, or where a branch forgets to return. Everywhere that
 * is null: a null key or value in a stream, a deletion in a table or store.
 */

const serdes = { key: nullable(string()), value: nullable(json<number>()) }
const sinks = { key: string(), value: json<number>() }

/** Undefined for a value of 2. */
function forgetful(value: number | null): number {
  return (value === 2 ? undefined : value) as number
}

type Stream = KStream<any, any>
type Table = KTable<any, any>

async function outputs(
  declare: (input: Stream, builder: StreamsBuilder) => Stream,
  ...values: readonly number[]
): Promise<readonly string[]> {
  const seen = (value: unknown, key: unknown): void => {
    if (value === undefined || key === undefined) throw new Error('undefined went on')
  }
  const built = topology('forgetful', (builder) =>
    declare(builder.stream('in', serdes), builder).peek(seen).to('out', sinks),
  )
  const driver = await createTestDriver(built)
  const input = await driver.inputTopic('in', sinks)
  const output = await driver.outputTopic('out', sinks)
  values.forEach((value, at) => input.pipe({ key: 'k', value, timestamp: at }))
  return output.read().map(({ key, value }) => `${key}=${value}`)
}

describe('in a stream it is null', () => {
  test.each<[string, (input: Stream) => Stream]>([
    ['mapValues', (input) => input.mapValues(forgetful)],
    ['map', (input) => input.map((value, key) => ({ key, value: forgetful(value) }))],
    ['flatMap', (input) => input.flatMap((value, key) => [{ key, value: forgetful(value) }])],
    ['flatMapValues', (input) => input.flatMapValues((value) => [forgetful(value)])],
    ['a step within a fused chain', (input) => input.mapValues(forgetful).filter((value) => value !== undefined)],
  ])('%s', async (_operator, declare) => {
    expect(await outputs(declare, 1, 2)).toEqual(['k=1', 'k=null'])
  })

  test.each<[string, (input: Stream) => Stream]>([
    ['selectKey', (input) => input.selectKey((value) => (value === 2 ? undefined : 'k'))],
    ['map', (input) => input.map((value) => ({ key: value === 2 ? undefined : 'k', value }))],
    ['flatMap', (input) => input.flatMap((value) => [{ key: value === 2 ? undefined : 'k', value }])],
  ])('a key from %s', async (_operator, declare) => {
    expect(await outputs(declare, 1, 2)).toEqual(['k=1', 'null=2'])
  })

  test('a key is dropped where null keys are', async () => {
    const counted = (input: Stream): Stream =>
      input
        .groupBy((value) => (value === 2 ? undefined : 'k') as string, { key: string(), value: sinks.value })
        .count()
        .toStream()
    expect(await outputs(counted, 1, 2, 1)).toEqual(['k=1', 'k=2'])
  })

  test('joiners of streams', async () => {
    const joined = (input: Stream): Stream =>
      input.join(
        input.mapValues((value) => value),
        forgetful,
        { within: { before: 0, after: 0 }, grace: 1, leftValue: sinks.value, rightValue: sinks.value },
      )
    expect(await outputs(joined, 1, 2)).toEqual(['k=1', 'k=null'])
    const lookedUp = (input: Stream): Stream => input.leftJoin(input.toTable(), forgetful)
    expect(await outputs(lookedUp, 1, 2)).toEqual(['k=1', 'k=null'])
  })
})

describe('in a table it deletes', () => {
  const latest = (input: Stream): Table => input.toTable({ value: sinks.value, key: string() })
  const value = sinks.value

  test.each<[string, (input: Stream) => Table]>([
    ['mapValues', (input) => latest(input).mapValues(forgetful)],
    ['mapValues with a store', (input) => latest(input).mapValues(forgetful, { store: 's', value })],
    [
      'a join of tables',
      (input) =>
        latest(input).join(input.mapValues((x) => x).toTable({ name: 'other', value }), forgetful, {
          value,
          store: 's',
        }),
    ],
    [
      'aggregate',
      (input) =>
        input.groupByKey().aggregate(
          () => 0,
          (_sum, x) => forgetful(x),
          { value, store: 's' },
        ),
    ],
    ['reduce', (input) => input.groupByKey().reduce((_sum, x) => forgetful(x), { store: 's' })],
  ])('%s', async (_operator, declare) => {
    const results = await outputs((input) => declare(input).toStream(), 1, 2, 3)
    expect(results.at(-1)).toBe('k=3')
    expect(results).toContain('k=null')
    expect(results.filter((line) => line.includes('undefined'))).toEqual([])
  })

  test.each([
    ['tumbling', tumbling({ size: 100, grace: 0 })],
    ['sliding', sliding({ difference: 100, grace: 0 })],
  ])('%s windows', async (_kind, windows) => {
    const aggregated = (input: Stream): Stream => {
      const table = input
        .groupByKey()
        .windowedBy(windows)
        .aggregate(
          () => undefined as never,
          (sum: number | null, x) => forgetful((sum ?? 0) + x),
          { value, store: 's' },
        )
      return table.toStream({ selectKey: (_value, { key }) => key, key: string() })
    }
    expect((await outputs(aggregated, 1, 1)).at(-1)).toBe('k=null')
  })

  test('sessions', async () => {
    const aggregated = (input: Stream): Stream => {
      const merger = (left: number | null, right: number | null): number => (left ?? 0) + (right ?? 0)
      const table = input
        .groupByKey()
        .windowedBy(session({ gap: 5, grace: 0 }))
        .aggregate(
          () => 0,
          (sum: number | null, x) => forgetful((sum ?? 0) + x),
          merger,
          { value, store: 's' },
        )
      return table.toStream({ selectKey: (_value, { key }) => key, key: string() })
    }
    expect((await outputs(aggregated, 1, 1)).at(-1)).toBe('k=null')
  })

  test('a group from a table: an undefined key or value leaves the entry out', async () => {
    const grouped = (input: Stream): Stream =>
      latest(input)
        .groupBy((x, key) => ({ key: x === 3 ? (undefined as never) : key, value: forgetful(x) }), sinks)
        .reduce(
          (sum, x) => sum + x,
          (sum, x) => sum - x,
        )
        .toStream()
    expect(await outputs(grouped, 1, 2, 3, 4)).toEqual(['k=1', 'k=0', 'k=4'])
  })

  test('an adder or subtractor deletes the group', async () => {
    const summed = (input: Stream): Stream =>
      latest(input)
        .groupBy((x, key) => ({ key, value: x }), sinks)
        .aggregate(
          () => 0,
          (sum, x) => forgetful(sum + x),
          (sum, x) => forgetful(sum - x),
          { value },
        )
        .toStream()
    expect(await outputs(summed, 1, 2, 3)).toEqual(['k=1', 'k=null', 'k=3'])
  })

  test('a lookup through a table that is not kept finds nothing', async () => {
    const joined = (input: Stream, builder: StreamsBuilder): Stream => {
      const mapped = latest(input).mapValues(forgetful)
      return input
        .join(
          mapped.join(builder.table('never', serdes), (l) => l, { name: 'none' }),
          (l) => l,
        )
        .merge(input.join(mapped, (l) => l, { name: 'found' }))
    }
    expect(await outputs(joined, 1, 2, 3)).toEqual(['k=1', 'k=3'])
  })
})

test('a serde that decodes to undefined decodes to null', async () => {
  const built = topology('undefined', (builder) => {
    const source = builder.stream('in', {
      key: string(),
      value: { ...json<number>(), deserialize: () => undefined as never },
    })
    source.mapValues((value): number => (value === null ? 1 : 2)).to('out', sinks)
  })
  const driver = await createTestDriver(built)
  const input = await driver.inputTopic('in', sinks)
  input.pipe({ key: 'k', value: 9, timestamp: 0 })
  expect((await driver.outputTopic('out', sinks)).read().map(({ value }) => value)).toEqual([1])
})
