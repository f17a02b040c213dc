import { json, string, topology, type KStream, type KTable, type OnError } from 'millrace'
import { expectTypeOf, test } from 'vitest'

declare const stream: KStream<string, number>
declare const table: KTable<string, number>
const typed = { key: string(), value: json<number>() }
const onError: OnError = { retry: { attempts: 3, backoff: '1s', maxBackoff: '10s', multiplier: 2 }, then: 'park' }

test('every operator that runs functions takes onError, and its types stay', () => {
  expectTypeOf(stream.filter((value) => value > 1, { onError: 'skip' })).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(stream.mapValues((value) => `${value}`, { onError })).toEqualTypeOf<KStream<string, string>>()
  stream.map((value, key) => ({ key, value }), { onError })
  stream.flatMap((value, key) => [{ key, value }], { onError })
  stream.flatMapValues((value) => [value], { onError })
  stream.selectKey((_, key) => key, { onError })
  stream.peek(() => {}, { onError })
  stream.foreach(() => {}, { onError: 'dead-letter' })
  stream.split([{ name: 'all' }], { onError: 'fail' })
  stream.process(() => ({ process: () => {} }), { onError })
  stream.processValues(() => ({ process: () => {} }), { onError })
  stream.dedupe({ id: (value) => value, within: '1h', onError })
  stream.join(table, (a, b) => a + b, { onError })
  stream.join(stream, (a, b) => a + b, { within: 1, grace: 0, onError })
  stream.groupBy((value) => `${value}`, { key: string(), onError })
  stream.groupByKey().reduce((a, b) => a + b, { onError })
  stream.groupByKey().aggregate(
    () => 0,
    (a, b) => a + b,
    { value: json(), onError },
  )
  stream.to((value) => `${value}`, { ...typed, onError })
  table.filter((value) => value > 1, { onError })
  table.mapValues((value) => value, { onError })
  table.join(table, (a, b) => a + b, { onError })
  table.groupBy((value, key) => ({ key, value }), { ...typed, onError })
})

test('what is no answer, or has no function that could fail, does not compile', () => {
  // @ts-expect-error an answer of the app-wide handlers
  stream.peek(() => {}, { onError: 'continue' })
  // @ts-expect-error what comes after the retries must be said
  stream.peek(() => {}, { onError: { retry: { attempts: 3 } } })
  // @ts-expect-error merging runs no function
  stream.merge(stream, { onError: 'skip' })
  // @ts-expect-error counting runs no function
  stream.groupByKey().count({ onError: 'skip' })
  expectTypeOf(topology).toBeFunction()
})
