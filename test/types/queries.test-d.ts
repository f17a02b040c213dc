import {
  bytes,
  createApp,
  double,
  json,
  keyValueStore,
  session,
  string,
  topology,
  tumbling,
  windowStore,
  type KeyValueReader,
  type MillraceApp,
  type Placement,
  type Queryable,
  type Topology,
  type ValueAndTimestamp,
  type WindowEntry,
  type Windowed,
  type WindowedReader,
} from 'millrace'
import { createTestDriver } from 'millrace/testing'
import { expectTypeOf, test } from 'vitest'

interface Page {
  readonly title: string
}

const totals = keyValueStore('totals', { key: string(), value: double() })
const peaks = windowStore('peaks', { key: string(), value: double(), size: '1m', retention: '1h' })

const declared = topology('pages', (t) => {
  const pages = t.globalTable('pages', { key: string(), value: json<Page>() })
  const grouped = t.stream('visits', { key: bytes(), value: json<{ page: string }>() }).groupByKey()
  const visits = grouped.count()
  const perMinute = grouped.windowedBy(tumbling({ size: '1m', grace: 0 })).count()
  const sessions = grouped.windowedBy(session({ gap: '1m', grace: 0 })).count()
  return { pages, visits, perMinute, sessions, totals, peaks }
})

test('what a declaration returns can be read by name, with the types of keys and values', async () => {
  const app = createApp(declared)
  expectTypeOf(app.reader('pages')).toEqualTypeOf<KeyValueReader<string, Page>>()
  expectTypeOf(app.reader('visits')).toEqualTypeOf<KeyValueReader<Uint8Array, number>>()
  expectTypeOf(app.reader('perMinute')).toEqualTypeOf<WindowedReader<Uint8Array, number>>()
  expectTypeOf(app.reader('sessions')).toEqualTypeOf<WindowedReader<Uint8Array, number>>()
  expectTypeOf(app.reader('totals')).toEqualTypeOf<KeyValueReader<string, number>>()
  expectTypeOf(app.reader('peaks')).toEqualTypeOf<WindowedReader<string, number>>()
  expectTypeOf(app.reader('pages').get('/home')).resolves.toEqualTypeOf<ValueAndTimestamp<Page> | null>()
  expectTypeOf(app.reader('peaks').local.fetch('ann')).toEqualTypeOf<readonly WindowEntry<string, number>[]>()
  // @ts-expect-error the declaration returned nothing of this name
  app.reader('page')
  // @ts-expect-error keys are bytes
  await app.reader('visits').get('ann')
  // @ts-expect-error windows are asked for by key and time
  app.reader('perMinute').range()
})

test('a store that was declared for processors is its own handle', () => {
  const app = createApp(topology('other', (t) => void t.stream('a', { key: string(), value: string() })))
  expectTypeOf(app.reader(totals)).toEqualTypeOf<KeyValueReader<string, number>>()
  expectTypeOf(app.reader(peaks)).toEqualTypeOf<WindowedReader<string, number>>()
  // @ts-expect-error nothing was returned
  app.reader('totals')
})

test('where a key is, is asked by its type', () => {
  const app = createApp(declared)
  expectTypeOf(app.metadataForKey('peaks', 'ann')).toEqualTypeOf<Placement | null>()
  // @ts-expect-error the key of windows is asked for without a window
  app.metadataForKey('peaks', { key: 'ann', window: { start: 0, end: 1 } })
})

test('the test driver has the same readers', async () => {
  const driver = await createTestDriver(declared)
  expectTypeOf(driver.reader('pages')).toEqualTypeOf<KeyValueReader<string, Page>>()
  expectTypeOf(driver.reader(peaks)).toEqualTypeOf<WindowedReader<string, number>>()
})

test('what is returned by accident changes nothing: a topology is a topology', () => {
  const streams = topology('s', (t) => t.stream('a', { key: string(), value: string() }))
  expectTypeOf(streams).toEqualTypeOf<Topology>()
  const branches = topology('b', (t) => ({ a: t.stream('a', { key: string(), value: string() }) }))
  expectTypeOf(branches).toEqualTypeOf<Topology>()
  expectTypeOf(declared).toExtend<Topology>()
  expectTypeOf(createApp(declared)).toExtend<MillraceApp>()
})

test('a topology can be exported with its type written out', () => {
  const windows: Topology<{ readonly perMinute: Queryable<Windowed<Uint8Array>, number> }> = declared
  expectTypeOf(createApp(windows).reader('perMinute')).toEqualTypeOf<WindowedReader<Uint8Array, number>>()
})
