import { expect, test } from 'vitest'
import { topology, type StreamsBuilder } from 'millrace'
import { string } from '../../../src/serde/string.ts'

const text = { key: string(), value: string() }
const versioned = { versioned: { historyRetention: 100 } }

const build = (declare: (builder: StreamsBuilder) => void): unknown => topology('t', declare)

function joinAfterGrace(
  grace: number,
  tableOptions: object,
  change: 'none' | 'filter' | 'stored filter' = 'none',
): unknown {
  return build((builder) => {
    const table = builder.table('table', { ...text, ...tableOptions })
    const read = {
      none: () => table,
      filter: () => table.filter(() => true).mapValues((value) => value),
      'stored filter': () => table.filter(() => true, { store: 'filtered' }),
    }[change]()
    builder.stream('stream', text).join(read, (left) => left, { name: 'the-join', grace })
  })
}

test('a join with a grace needs a versioned table', () => {
  expect(() => joinAfterGrace(10, {})).toThrow(/the-join.*does not keep its versions/s)
  expect(() => joinAfterGrace(10, versioned)).not.toThrow()
})

test('filters and mappers without a store of their own keep the versions of what they read; with one they do not', () => {
  expect(() => joinAfterGrace(10, versioned, 'filter')).not.toThrow()
  expect(() => joinAfterGrace(10, versioned, 'stored filter')).toThrow(/does not keep its versions/)
})

test('the grace may be as long as the history, not longer, and not negative', () => {
  expect(() => joinAfterGrace(100, versioned)).not.toThrow()
  expect(() => joinAfterGrace(101, versioned)).toThrow(/grace is 101 ms.*history only 100 ms/s)
  expect(() => joinAfterGrace(-1, versioned)).toThrow(/grace is -1 ms/)
})

test('a join of versioned tables is not versioned', () => {
  expect(() =>
    build((builder) => {
      const table = builder.table('table', { ...text, ...versioned })
      const joined = table.join(builder.table('other', { ...text, ...versioned }), (left) => left)
      builder.stream('stream', text).join(joined, (left) => left, { grace: 1 })
    }),
  ).toThrow(/does not keep its versions/)
})

test('a versioned table cannot be suppressed, nor what is computed from it', () => {
  const suppressed = (store: object): unknown =>
    build((builder) => {
      const table = builder.table('table', { ...text, ...versioned }).mapValues((value) => value, { ...text, ...store })
      table.suppress({ until: 'time-limit', duration: 5 })
    })
  expect(() => suppressed({})).toThrow(/versioned table/)
  expect(() => suppressed({ store: 'latest' })).not.toThrow()
})

test('a history may be 0 but not negative', () => {
  const withHistory = (historyRetention: number): unknown =>
    build((builder) => void builder.table('table', { ...text, versioned: { historyRetention } }))
  expect(() => withHistory(0)).not.toThrow()
  expect(() => withHistory(-5)).toThrow(/historyRetention is -5 ms/)
})
