/* What a person with curl gets. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MillraceApp } from '../../../src/app/millrace-app.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { MemoryHttp } from '../../support/memory-http.ts'
import { createVisitTopics, put, visitCounts, type VisitStores } from '../../support/visit-counts.ts'

const start = Date.parse('2026-01-31T12:00:10Z')
const made = new MemoryCluster()
const http = new MemoryHttp()
const apps: MillraceApp<VisitStores>[] = []
const visitors = Array.from({ length: 12 }, (_, n) => `visitor/${n}`)

const get = (path: string, instance = 0): ReturnType<MemoryHttp['get']> =>
  made.clock.settle(http.get(`http://instance-${instance}:7000${path}`))
const message = async (path: string): Promise<readonly [number, string]> => {
  const { status, json } = await get(path)
  return [status, json.error.message]
}

beforeAll(async () => {
  createVisitTopics(made)
  for (const visitor of visitors) put(made, 'visits', [visitor, { page: '/' }, start])
  put(made, 'pages', ['/', 'Home', start])
  for (let n = 0; n < 2; n++) {
    const config = { applicationServer: `instance-${n}:7000`, commitIntervalMs: 200 }
    const app = made.app(visitCounts, { http, config })
    apps.push(app)
    await made.clock.settle(app.start())
  }
  await made.clock.runUntil(() => apps.every(({ state }) => state === 'running') && made.caughtUp('visits', ['visits']))
})
afterAll(async () => {
  for (const app of apps) await made.clock.settle(app.stop())
})

const local = (): string => visitors.find((each) => apps[0]!.metadataForKey('perVisitor', each)!.local)!
const away = (): string => visitors.find((each) => !apps[0]!.metadataForKey('perVisitor', each)!.local)!

describe('answers', () => {
  test('the stores that there are, and where their partitions are', async () => {
    const { status, json } = await get('/stores')
    expect([status, json.application, json.state]).toEqual([200, 'visits', 'running'])
    expect(json.stores).toContainEqual({
      name: 'visits-count',
      kind: 'key-value',
      key: 'string',
      keyInUrls: 'string',
      value: 'safeInt64',
    })
    const { json: one } = await get('/stores/perVisitor')
    expect(one.partitions).toHaveLength(4)
    expect(new Set(one.partitions.map(({ address }: { address: string }) => address))).toEqual(
      new Set(['instance-0:7000', 'instance-1:7000']),
    )
  })

  test('one key: here, or a redirect to who has it', async () => {
    const path = (visitor: string): string => `/stores/perVisitor/keys/${encodeURIComponent(visitor)}`
    const here = await get(path(local()))
    expect([here.status, here.json]).toEqual([200, { key: local(), value: 1, timestamp: start }])
    const there = await get(path(away()))
    expect([there.status, there.location]).toEqual([307, `http://instance-1:7000${path(away())}`])
    expect((await get(path(away()), 1)).json).toEqual({ key: away(), value: 1, timestamp: start })
  })

  test('keys from and to, with more when the limit cuts them off, from all instances', async () => {
    const { json } = await get('/stores/perVisitor/keys?from=visitor/1&to=visitor/2&limit=3')
    expect(json).toEqual({
      entries: ['visitor/1', 'visitor/10', 'visitor/11'].map((key) => ({ key, value: 1, timestamp: start })),
      more: true,
    })
    const { json: last } = await get('/stores/perVisitor/keys?order=descending&from=visitor/9')
    expect(last).toEqual({ entries: [{ key: 'visitor/9', value: 1, timestamp: start }], more: false })
    expect((await get('/stores/perVisitor/count')).json).toEqual({ count: 12 })
  })

  test('windows by time, as milliseconds or as a date', async () => {
    const window = { start: start - 10_000, end: start + 50_000 }
    for (const from of [window.start, '2026-01-31T12:00:00Z']) {
      const { json } = await get(`/stores/per-minute/keys?from=${from}&limit=1`)
      expect(json).toEqual({ entries: [{ key: 'visitor/0', value: 1, timestamp: start, window }], more: true })
    }
    const { json } = await get(`/stores/perMinute/keys/${encodeURIComponent(local())}`)
    expect(json.entries).toMatchObject([{ value: 1, window }])
    expect((await get(`/stores/perMinute/keys?from=${window.end}`)).json).toEqual({ entries: [], more: false })
  })

  test('a global table, from every instance', async () => {
    for (const instance of [0, 1]) {
      expect((await get('/stores/pages/keys/%2F', instance)).json).toMatchObject({ key: '/', value: 'Home' })
    }
  })
})

describe('sentences', () => {
  test('a key, a store, a path that is not there', async () => {
    const gone = [...Array(100).keys()]
      .map((n) => `x${n}`)
      .find((key) => apps[0]!.metadataForKey('perVisitor', key)!.local)!
    expect(await message(`/stores/perVisitor/keys/${gone}`)).toEqual([404, `the store visits-count has no key ${gone}`])
    expect(await message('/stores/perVisiter')).toEqual([404, 'there is no store perVisiter: did you mean perVisitor?'])
    expect(await message('/store')).toEqual([404, expect.stringContaining('there is /stores')])
  })

  test('parameters that cannot be used', async () => {
    for (const [path, said] of [
      ['/stores/perVisitor/keys?limit=0', 'limit is 0'],
      ['/stores/perVisitor/keys?limit=x', 'limit is NaN'],
      ['/stores/perVisitor/keys?form=a', 'there is no parameter form'],
      ['/stores/perVisitor/keys?order=up', 'order is up'],
      ['/stores/perMinute/keys?from=noon', 'from is noon'],
      [`/stores/perVisitor/keys/${encodeURIComponent(local())}?asOf=1`, 'keeps no versions'],
      ['/stores/perVisitor/keys/%E0%A4%A', 'not percent-encoded'],
    ] as const)
      expect(await message(path), path).toEqual([400, expect.stringContaining(said)])
  })

  test('a body that is no query, a query of the wrong kind, a partition that is elsewhere', async () => {
    const post = async (store: string, body: unknown): Promise<readonly [number, string]> => {
      const url = `http://instance-0:7000/stores/${store}/raw`
      const text = JSON.stringify(body)
      const { status, body: answer } = await made.clock.settle(
        http.call({ method: 'POST', url, body: text, timeoutMs: 1_000, responseBytesMax: 1e9 }),
      )
      return [status, JSON.parse(answer).error.code]
    }
    const partition = apps[0]!.metadataForKey('perVisitor', away())!.partition
    const count = { kind: 'count' }
    expect(await post('perVisitor', {})).toEqual([400, 'MILLRACE_QUERY_INVALID'])
    expect(await post('perVisitor', { query: { kind: 'get' }, partitions: [0] })).toEqual([
      400,
      'MILLRACE_QUERY_INVALID',
    ])
    expect(await post('perVisitor', { query: count, partitions: ['0'] })).toEqual([400, 'MILLRACE_QUERY_INVALID'])
    expect(await post('perVisitor', { query: count, partitions: [partition] })).toEqual([
      421,
      'MILLRACE_STORE_ELSEWHERE',
    ])
    const own = apps[0]!.metadataForKey('perVisitor', local())!.partition
    const get = { kind: 'get', key: 'eA==', asOf: null }
    expect(await post('perMinute', { query: get, partitions: [own] })).toEqual([400, 'MILLRACE_STORE_KIND'])
  })
})

test('while the app starts it says to ask again', async () => {
  const cluster = new MemoryCluster()
  const network = new MemoryHttp()
  createVisitTopics(cluster)
  for (let n = 0; n < 500; n++) put(cluster, 'pages', [`${n}`, 'page', start])
  const app = cluster.app(visitCounts, { http: network, config: { applicationServer: 'one:7000' } })
  const starting = app.start()
  await cluster.clock.runUntil(() => app.address !== null)
  const { status, json } = await network.get('http://one:7000/stores/pages/keys/1')
  expect([status, json.error.code, json.error.retriable]).toEqual([503, 'MILLRACE_STORE_NOT_READY', true])
  await cluster.clock.settle(starting)
  expect((await network.get('http://one:7000/stores/pages/keys/1')).json.value).toBe('page')
  await cluster.clock.settle(app.stop())
  await expect(network.get('http://one:7000/stores')).rejects.toThrow('connection refused')
})
