import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, string, topology, tumbling, type KStream, type Topology, type TopologyOptions } from 'millrace'
import { createTestDriver, type TestRecord } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }
const out = { key: string(), value: json<string>() }
type Optimization = NonNullable<TopologyOptions['optimization']>

/** Everything that came out of `topics`, in order, and how many records a function of the topology saw. */
async function played(built: Topology, inputs: readonly TestRecord<string, number>[], topics: readonly string[]) {
  const driver = await createTestDriver(built)
  const input = await driver.inputTopic('in', serdes)
  input.pipe(...inputs)
  const readers = await Promise.all(topics.map((topic) => driver.outputTopic(topic, out)))
  return readers.map((reader) => reader.read())
}

const records = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', null),
    value: fc.option(fc.nat(9), { freq: 8 }),
    timestamp: fc.nat(60),
  }),
  { maxLength: 30 },
)

const windows = fc
  .tuple(fc.integer({ min: -8, max: 10 }), fc.integer({ min: -8, max: 10 }), fc.constantFrom(0, 5, 20))
  .filter(([before, after]) => before + after >= 0)
  .map(([before, after, grace]) => ({ within: { before, after }, grace }))

test('a self join with one store puts out what it puts out with two, late records, null keys and shifted windows included', async () => {
  const joined = (type: 'join' | 'leftJoin' | 'outerJoin', window: object, optimization: Optimization): Topology =>
    topology(
      'self',
      (builder) => {
        const stream: any = builder.stream('in', serdes)
        const pair = (left: unknown, right: unknown, key: unknown): string =>
          `${String(key)}:${String(left)}+${String(right)}`
        stream[type](stream, pair, { ...window, name: 'self' }).to('out', out)
      },
      { optimization },
    )
  let results = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('join', 'leftJoin', 'outerJoin'),
      windows,
      records,
      async (type, window, inputs) => {
        const expected = await played(joined(type, window, 'none'), inputs, ['out'])
        expect(await played(joined(type, window, 'all'), inputs, ['out'])).toEqual(expected)
        results += expected[0]!.length
      },
    ),
    { numRuns: 300 },
  )
  expect(results).toBeGreaterThan(300)
})

/* No join of two of them: which side of one comes first depends on which of two topics is read first, and now it is one. */
test('users of a merged repartition topic put out what they put out with one each', async () => {
  const built = (optimization: Optimization): Topology =>
    topology(
      'merged',
      (builder) => {
        const stream: KStream<string, number> = builder
          .stream('in', serdes)
          .selectKey((value, key) => (value === null || value % 4 === 3 ? key : `k${value % 3}`), serdes)
        const text = <V>(value: V): string => JSON.stringify(value)
        const write = (from: KStream<any, any>, topic: string): void => from.mapValues(text, out).to(topic, out)
        write(stream.groupByKey().count().toStream(), 'counts')
        const even = stream.filter((value) => value !== null && value % 2 === 0)
        write(even, 'even')
        const size = tumbling({ size: 10, grace: 5 })
        const windowed = even
          .groupByKey()
          .windowedBy(size)
          .count({ store: 'windowed' })
          .toStream({
            selectKey: (_count, { key, window }) => `${key}@${window.start}`,
            key: string(),
          })
        write(windowed, 'windowed')
        const sums = stream.toTable({ store: 'latest' }).toStream()
        write(sums, 'latest')
      },
      { optimization },
    )
  const topics = ['counts', 'even', 'windowed', 'latest']
  await fc.assert(
    fc.asyncProperty(records, async (inputs) => {
      expect(await played(built('all'), inputs, topics)).toEqual(await played(built('none'), inputs, topics))
    }),
    { numRuns: 200 },
  )
})
