import { expectTypeOf, test } from 'vitest'
import type {
  KGroupedStream,
  KStream,
  KTable,
  ProcessorContext,
  ProcessorKeyValueStore,
  ProcessorSessionStore,
  ProcessorWindowStore,
  Windowed,
} from 'millrace'
import { double, json, keyValueStore, session, sessionStore, string, tumbling, windowStore } from 'millrace'

declare const words: KStream<string, string>
declare const amounts: KGroupedStream<string, number>
declare const notes: KGroupedStream<string, string>
declare const byNumber: KGroupedStream<number, string>
declare const context: ProcessorContext<string, number>

test('a processor is given the types of its stream and says those of its results', () => {
  const lengths = words.process<number, boolean>(() => ({
    process(record, { forward }) {
      expectTypeOf(record.value).toEqualTypeOf<string>()
      expectTypeOf(forward).parameter(0).toHaveProperty('key').toEqualTypeOf<number>()
    },
  }))
  expectTypeOf(lengths).toEqualTypeOf<KStream<number, boolean>>()
  expectTypeOf(words.process(() => ({ process() {} }))).toEqualTypeOf<KStream<string, string>>()
  expectTypeOf(words.processValues<number>(() => ({ process() {} }))).toEqualTypeOf<KStream<string, number>>()
})

test('processValues takes no other key', () => {
  words.processValues<number>(() => ({
    process(record, context) {
      // @ts-expect-error the key is a string
      context.forward({ ...record, key: 1, value: 2 })
    },
  }))
})

test('a store is typed by its declaration', () => {
  const sums = keyValueStore('sums', { key: string(), value: double() })
  const windows = windowStore('windows', { key: string(), value: double(), size: '1m', retention: '1h' })
  const sessions = sessionStore('sessions', { key: string(), value: double(), retention: '1h' })
  expectTypeOf(context.store(sums)).toEqualTypeOf<ProcessorKeyValueStore<string, number>>()
  expectTypeOf(context.store(windows)).toEqualTypeOf<ProcessorWindowStore<string, number>>()
  expectTypeOf(context.store(sessions)).toEqualTypeOf<ProcessorSessionStore<string, number>>()
  // @ts-expect-error a window store needs to know how long to keep windows
  windowStore('windows', { key: string(), value: double(), size: '1m' })
})

test('each aggregator of a cogroup has the type of its own stream', () => {
  const both = amounts
    .cogroup((list: string[], amount) => [...list, String(amount.toFixed())])
    .cogroup(notes, (list, note) => [...list, note.toUpperCase()])
  expectTypeOf(both.aggregate(() => [], { value: json<string[]>() })).toEqualTypeOf<KTable<string, string[]>>()
  const sessions = both.windowedBy(session({ gap: '1m', grace: 0 })).aggregate(
    () => [],
    (left, right) => [...left, ...right],
    { value: json<string[]>() },
  )
  expectTypeOf(sessions).toEqualTypeOf<KTable<Windowed<string>, string[]>>()
  // @ts-expect-error cogroup needs the same key type on both sides
  both.cogroup(byNumber, (list) => list)
})

test('an emit strategy is one of two', () => {
  const windows = amounts.windowedBy(tumbling({ size: '1m', grace: 0 }))
  expectTypeOf(windows.emitStrategy('window-close').count()).toEqualTypeOf<KTable<Windowed<string>, number>>()
  // @ts-expect-error there is no such strategy
  windows.emitStrategy('never')
})
