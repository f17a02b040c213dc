/* Several instances on the cluster in memory, HTTP without sockets, time simulated. */
import { describe, expect, test } from 'vitest'
import type { MillraceApp } from '../../../src/app/millrace-app.ts'
import { QueryError } from '../../../src/core/errors.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { MemoryHttp } from '../../support/memory-http.ts'
import { createVisitTopics, put, visitCounts, type VisitStores } from '../../support/visit-counts.ts'

type App = MillraceApp<VisitStores>

const visitors = Array.from({ length: 40 }, (_, n) => `visitor-${n}`)
const start = 1_700_000_000_000

interface Group {
  readonly made: MemoryCluster
  readonly http: MemoryHttp
  readonly apps: App[]
  readonly join: () => App
}

function group(hasAddresses = true): Group {
  const made = new MemoryCluster()
  const http = new MemoryHttp()
  createVisitTopics(made)
  const apps: App[] = []
  const join = (): App => {
    const address = hasAddresses ? { applicationServer: `instance-${apps.length}:7000` } : {}
    const app = made.app(visitCounts, { http, config: { ...address, commitIntervalMs: 200 } })
    apps.push(app)
    return app
  }
  return { made, http, apps, join }
}

/** Each visitor n visits n % 5 + 1 times, half a minute apart. */
function visit(made: MemoryCluster): void {
  for (const [n, visitor] of visitors.entries())
    for (let times = 0; times <= n % 5; times++) put(made, 'visits', [visitor, { page: '/' }, start + times * 30_000])
}
const countOf = (visitor: string): number => (visitors.indexOf(visitor) % 5) + 1

async function running(count: number, hasAddresses = true): Promise<Group> {
  const all = group(hasAddresses)
  visit(all.made)
  for (let n = 0; n < count; n++) await all.made.clock.settle(all.join().start())
  await settled(all)
  return all
}

async function settled({ made, apps }: Group): Promise<void> {
  const alive = apps.filter(({ state }) => state !== 'stopped')
  await made.clock.runUntil(
    () => alive.every(({ state }) => state === 'running') && made.caughtUp('visits', ['visits', 'profiles']),
  )
}

const stop = async ({ made, apps }: Group): Promise<void> => {
  for (const app of apps) await made.clock.settle(app.stop())
}

async function errorOf(promise: Promise<unknown>): Promise<QueryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(QueryError)
  return error as QueryError
}

function thrownBy(call: () => unknown): QueryError {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(QueryError)
    return error as QueryError
  }
  throw new Error('nothing was thrown')
}

describe.each([1, 2, 3])('%i instances', (count) => {
  test('every one of them answers for every key, and puts lists together in order', async () => {
    const all = await running(count)
    const { made, apps } = all
    for (const app of apps) {
      const reader = app.reader('perVisitor')
      for (const visitor of visitors) {
        const found = await made.clock.settle(reader.get(visitor))
        expect(found?.value, visitor).toBe(countOf(visitor))
      }
      expect(await made.clock.settle(reader.get('nobody'))).toBeNull()
      const entries = await made.clock.settle(reader.range())
      expect(entries.map(({ key }) => key)).toEqual(visitors.toSorted())
      expect(await made.clock.settle(reader.approximateCount())).toBe(visitors.length)
      const few = await made.clock.settle(
        reader.range({ from: 'visitor-1', to: 'visitor-19', order: 'descending', limit: 3 }),
      )
      expect(few.map(({ key, value }) => [key, value])).toEqual(
        ['visitor-19', 'visitor-18', 'visitor-17'].map((key) => [key, countOf(key)]),
      )
    }
    await stop(all)
  })

  test('windows and sessions of one key and of all', async () => {
    const all = await running(count)
    const { made, apps } = all
    for (const app of apps) {
      const perMinute = app.reader('perMinute')
      const minute = Math.floor(start / 60_000) * 60_000
      const ofOne = await made.clock.settle(perMinute.fetch('visitor-4'))
      expect(ofOne.reduce((sum, { value }) => sum + value, 0)).toBe(5)
      expect(ofOne.map(({ window }) => window.start)).toEqual([0, 1, 2].map((n) => minute + n * 60_000))
      const second = ofOne[1]!
      expect(await made.clock.settle(perMinute.get(second))).toEqual({
        value: second.value,
        timestamp: second.timestamp,
      })
      const firsts = await made.clock.settle(perMinute.fetchAll({ from: minute, to: minute }))
      expect(firsts.map(({ key }) => key)).toEqual(visitors.toSorted())
      const sessions = await made.clock.settle(app.reader('sessions').fetch('visitor-4', { from: start, to: start }))
      expect(sessions).toEqual([
        { key: 'visitor-4', value: 5, timestamp: start + 120_000, window: { start, end: start + 120_000 } },
      ])
      expect(await made.clock.settle(app.reader('sessions').fetch('visitor-4', { from: start + 120_001 }))).toEqual([])
      const last = await made.clock.settle(app.reader('sessions').fetchAll({ order: 'descending', limit: 1 }))
      expect(last).toMatchObject([{ key: 'visitor-9', value: 5 }])
    }
    await stop(all)
  })

  test('where a key is agrees with who has it', async () => {
    const all = await running(count)
    const places = all.apps.map((app) => visitors.map((visitor) => app.metadataForKey('perVisitor', visitor)!))
    for (const [n, ofApp] of places.entries()) {
      for (const [i, { address, partition, local }] of ofApp.entries()) {
        expect(local).toBe(address === `instance-${n}:7000`)
        expect({ address, partition }).toEqual({ address: places[0]![i]!.address, partition: places[0]![i]!.partition })
        const app = all.apps[n]!
        if (local) expect(app.reader('perVisitor').local.get(visitors[i]!)?.value).toBe(countOf(visitors[i]!))
        else expect(thrownBy(() => app.reader('perVisitor').local.get(visitors[i]!)).address).toBe(address)
      }
    }
    expect(new Set(places[0]!.map(({ address }) => address)).size).toBe(count)
    await stop(all)
  })
})

describe('a table of versions, and a global one', () => {
  test('are read as of a time, and from whoever is asked', async () => {
    const all = group()
    const { made } = all
    put(made, 'profiles', ['ann', { name: 'Ann' }, start])
    put(made, 'profiles', ['ann', { name: 'Anna' }, start + 1_000])
    put(made, 'pages', ['/', 'Home', start])
    for (let n = 0; n < 2; n++) await made.clock.settle(all.join().start())
    await settled(all)
    for (const app of all.apps) {
      const profiles = app.reader('profiles')
      const name = async (asOf?: number): Promise<string | undefined> =>
        (await made.clock.settle(profiles.get('ann', asOf === undefined ? {} : { asOf })))?.value.name
      expect([await name(), await name(start + 999), await name(start - 1)]).toEqual(['Anna', 'Ann', undefined])
      expect(app.reader('pages').local.get('/')?.value).toBe('Home')
      expect((await made.clock.settle(app.reader('pages').range())).map(({ value }) => value)).toEqual(['Home'])
      expect(app.metadataForKey('pages', '/')).toMatchObject({ local: true })
      const wrong = await errorOf(made.clock.settle(app.reader('perVisitor').get('ann', { asOf: 1 })))
      expect([wrong.code, wrong.message]).toEqual(['MILLRACE_STORE_KIND', expect.stringContaining('`versioned`')])
    }
    await stop(all)
  })
})

describe('why there is no answer', () => {
  test('before the start, and after the stop', async () => {
    const all = group()
    const app = all.join()
    const reader = app.reader('perVisitor')
    const before = thrownBy(() => reader.local.get('visitor-1'))
    expect([before.code, before.retriable, before.message]).toEqual([
      'MILLRACE_STORE_NOT_READY',
      true,
      expect.stringContaining('the app is created'),
    ])
    await all.made.clock.settle(app.start())
    await all.made.clock.settle(app.stop())
    expect((await errorOf(all.made.clock.settle(reader.get('visitor-1')))).message).toContain('the app is stopped')
    expect(thrownBy(() => reader.local.range()).code).toBe('MILLRACE_STORE_NOT_READY')
    expect(thrownBy(() => app.reader('pages').local.get('/')).code).toBe('MILLRACE_STORE_NOT_READY')
  })

  test('a name that is not there has a neighbour', () => {
    const app = group().join()
    const error = thrownBy(() => app.reader('perVisiter' as 'perVisitor'))
    expect([error.code, error.message]).toEqual([
      'MILLRACE_STORE_UNKNOWN',
      'there is no store perVisiter: did you mean perVisitor?',
    ])
  })

  test('without addresses a key elsewhere is said to be elsewhere, and what to set', async () => {
    const all = await running(2, false)
    const [app] = all.apps as [App]
    const away = visitors.find((visitor) => app.metadataForKey('perVisitor', visitor)?.local === false)!
    const error = await errorOf(all.made.clock.settle(app.reader('perVisitor').get(away)))
    expect([error.code, error.retriable, error.message]).toEqual([
      'MILLRACE_STORE_ELSEWHERE',
      false,
      expect.stringContaining('set applicationServer in every instance'),
    ])
    expect((await errorOf(all.made.clock.settle(app.reader('perVisitor').range()))).code).toBe(
      'MILLRACE_STORE_ELSEWHERE',
    )
    expect(app.reader('perVisitor').local.range().length).toBeGreaterThan(0)
    await stop(all)
  })

  test('an instance that is down: asked twice, then an error that names it', async () => {
    const all = await running(2)
    const [app, other] = all.apps as [App, App]
    all.http.broken = ({ host }) => (host === other.address ? new Error('connection refused') : undefined)
    const away = visitors.find((visitor) => app.metadataForKey('perVisitor', visitor)?.address === other.address)!
    const error = await errorOf(all.made.clock.settle(app.reader('perVisitor').get(away)))
    expect([error.code, error.retriable, error.address]).toEqual(['MILLRACE_QUERY_FAILED', true, other.address])
    expect(error.message).toContain('connection refused')
    expect(all.http.calls).toHaveLength(2)
    await stop(all)
  })

  test('limits, times and keys that cannot be used', async () => {
    const all = await running(1)
    const [app] = all.apps as [App]
    const reader = app.reader('perVisitor').local
    for (const call of [
      () => reader.range({ limit: 0 }),
      () => reader.range({ limit: 10_001 }),
      () => reader.get(7 as unknown as string),
      () => reader.get('ann', { partition: 4 }),
      () => app.reader('perMinute').local.fetch('ann', { from: Number.NaN }),
    ])
      expect(thrownBy(call).code).toBe('MILLRACE_QUERY_INVALID')
    await stop(all)
  })
})

describe('while the group rebalances', () => {
  test('an answer is right or an error that says to ask again', async () => {
    const all = await running(1)
    const { made } = all
    const [first] = all.apps as [App]
    const second = all.join()
    let refused = 0
    let answered = 0
    const ask = async (): Promise<void> => {
      // Only what moves is out of reach for a moment; what stays is answered all the while.
      while (second.state !== 'running' || !second.metadataForStore('perVisitor').some(({ local }) => local)) {
        for (const visitor of visitors.slice(0, 8)) {
          try {
            expect(first.reader('perVisitor').local.get(visitor)?.value).toBe(countOf(visitor))
            answered++
          } catch (error) {
            if (!(error instanceof QueryError)) throw error
            expect(error.retriable).toBe(true)
            refused++
          }
        }
        await new Promise<void>((resolve) => made.clock.setTimer(1, resolve))
      }
    }
    const asking = ask()
    await made.clock.settle(Promise.all([second.start(), asking]))
    expect(refused).toBeGreaterThan(0)
    expect(answered).toBeGreaterThan(0)
    await settled(all)
    await stop(all)
  })

  test('a partition that moved is found with its new owner, by the old one too', async () => {
    const all = await running(2)
    const { made, http } = all
    const [first, second] = all.apps as [App, App]
    const moved = visitors.find((visitor) => second.metadataForKey('perVisitor', visitor)!.local)!
    await made.clock.settle(second.stop())
    await made.clock.runUntil(() => first.metadataForStore('perVisitor').every(({ local }) => local))
    await settled(all)
    expect(first.reader('perVisitor').local.get(moved)?.value).toBe(countOf(moved))
    const third = all.join()
    await made.clock.settle(third.start())
    await settled(all)
    for (const visitor of visitors) {
      const found = await made.clock.settle(first.reader('perVisitor').get(visitor))
      expect(found?.value).toBe(countOf(visitor))
    }
    const away = visitors.find((visitor) => third.metadataForKey('perVisitor', visitor)!.local)!
    const answer = await http.get(`http://${first.address}/stores/perVisitor/keys/${away}`)
    expect([answer.status, answer.location]).toEqual([307, `http://${third.address}/stores/perVisitor/keys/${away}`])
    await stop(all)
  })
})

test('an answer is a copy: what becomes of it does not reach the store', async () => {
  const all = group()
  put(all.made, 'profiles', ['ann', { name: 'Ann' }, start])
  const app = all.join()
  await all.made.clock.settle(app.start())
  await settled(all)
  const found = app.reader('profiles').local.get('ann')!
  found.value.name = 'Bob'
  app.reader('profiles').local.range()[0]!.value.name = 'Carl'
  expect(app.reader('profiles').local.get('ann')?.value.name).toBe('Ann')
  await stop(all)
})

test('a scan reads results of any size, piece by piece', async () => {
  const all = group()
  const keys = Array.from({ length: 1_500 }, (_, n) => `p${String(n).padStart(4, '0')}`)
  for (const key of keys) put(all.made, 'profiles', [key, { name: key }, start])
  for (let n = 0; n < 2; n++) await all.made.clock.settle(all.join().start())
  await settled(all)
  const read = async (options: { from?: string; order?: 'descending' }): Promise<string[]> => {
    const found: string[] = []
    for await (const { key } of all.apps[0]!.reader('profiles').scan(options)) found.push(key)
    return found
  }
  expect(await all.made.clock.settle(read({}))).toEqual(keys)
  expect(await all.made.clock.settle(read({ from: 'p0010', order: 'descending' }))).toEqual(keys.slice(10).toReversed())
  await stop(all)
})
