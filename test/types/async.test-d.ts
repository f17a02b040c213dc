import { expectTypeOf, test } from 'vitest'
import type { AsyncContext, AttemptContext, KStream, StreamRecord } from 'millrace'
import { json, string } from 'millrace'

declare const words: KStream<string, string>

test('an asynchronous function is given the types of its stream and says those of its results', () => {
  const lengths = words.mapAsync(async (value, key, context) => {
    expectTypeOf(value).toEqualTypeOf<string>()
    expectTypeOf(key).toEqualTypeOf<string>()
    expectTypeOf(context).toEqualTypeOf<AsyncContext>()
    return { key: value.length, value: true }
  })
  expectTypeOf(lengths).toEqualTypeOf<KStream<number, boolean>>()
  expectTypeOf(words.mapValuesAsync(async (value) => value.length)).toEqualTypeOf<KStream<string, number>>()
})

test('an answer may come at once', () => {
  expectTypeOf(words.mapAsync((value, key) => ({ key: value, value: key.length }))).toEqualTypeOf<
    KStream<string, number>
  >()
  expectTypeOf(words.mapValuesAsync((value) => value.length)).toEqualTypeOf<KStream<string, number>>()
})

test('a batch is a list of records, and so many values', () => {
  const lengths = words.mapBatch(
    async (records, context) => {
      expectTypeOf(records).toEqualTypeOf<readonly StreamRecord<string, string>[]>()
      expectTypeOf(context).toEqualTypeOf<AttemptContext>()
      return records.map(({ value }) => value.length)
    },
    { maxRecords: 10 },
  )
  expectTypeOf(lengths).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(words.mapBatch((records) => records.map(() => true), { maxRecords: 10 })).toEqualTypeOf<
    KStream<string, boolean>
  >()
})

test('what does not fit does not compile', () => {
  // @ts-expect-error a key and a value are needed
  words.mapAsync(async (value) => value)
  // @ts-expect-error there is no such order
  words.mapValuesAsync(async (value) => value, { order: 'time' })
  // @ts-expect-error a batch must have a size
  words.mapBatch((records) => records.map(() => 1), {})
  // @ts-expect-error one value is no list of values
  words.mapBatch(() => 1, { maxRecords: 10 })
  // @ts-expect-error the serde is for texts
  words.mapValuesAsync(async () => 1, { value: string() })
  words.mapValuesAsync(async () => 1, { value: json<number>() })
  // @ts-expect-error retries say how often
  words.mapValuesAsync(async () => 1, { retries: { backoff: '1s' } })
})

test('mapValues with a function that gives a promise makes a stream of promises, which no serde fits', () => {
  const promises = words.mapValues(async (value) => value.length)
  // @ts-expect-error numbers are expected, promises are there
  promises.to('out', { key: string(), value: json<number>() })
})
