/* Two apps answer for one another over loopback; a third takes partitions over. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MillraceApp } from '../../src/app/millrace-app.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { QueryError } from '../../src/core/errors.ts'
import { topology } from '../../src/dsl/topology.ts'
import { tumbling } from '../../src/dsl/windows.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { Queryable } from '../../src/topology/queryables.ts'
import type { Topology } from '../../src/topology/topology.ts'
import type { Windowed } from '../../src/core/windowed.ts'
import { AppFixture, until } from '../support/app-fixture.ts'

interface Stores {
  readonly perVisitor: Queryable<string, number>
  readonly perMinute: Queryable<Windowed<string>, number>
  readonly pages: Queryable<string, string>
}

const counts: Topology<Stores> = topology('visit-counts', (t) => {
  const pages = t.globalTable('pages', { key: string(), value: json<string>() })
  const visits = t.stream('visits', { key: string(), value: json<{ page: string }>() }).groupByKey()
  const perVisitor = visits.count()
  const perMinute = visits
    .windowedBy(tumbling({ size: '1m', grace: '1d' }))
    .count({ name: 'per-minute', retention: '2d' })
  return { perVisitor, perMinute, pages }
})

const visitors = Array.from({ length: 60 }, (_, n) => `visitor-${n}`)
const timestamp = Date.parse('2026-01-31T12:00:10Z')
const countOf = (visitor: string): number => (visitors.indexOf(visitor) % 3) + 1

let kafka: AppFixture
const apps: MillraceApp<Stores>[] = []

async function join(): Promise<MillraceApp<Stores>> {
  const app = kafka.app(counts, { applicationServer: '127.0.0.1:0' })
  apps.push(app)
  await app.start()
  return app
}

/** Whole and at rest: every partition is known to be somewhere, here as there. */
async function settled(members: readonly MillraceApp<Stores>[]): Promise<void> {
  await until('all run and agree who has what', () => {
    if (members.some(({ state }) => state !== 'running')) return false
    const owned = members.map((app) => app.metadataForStore('perVisitor').filter(({ local }) => local).length)
    return owned.every((count) => count > 0) && owned.reduce((sum, count) => sum + count, 0) === 4
  })
}

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ visits: 4, pages: 2 })
  const visits = visitors.flatMap((key) =>
    Array.from({ length: countOf(key) }, () => ({ key, value: { page: '/' }, timestamp })),
  )
  await kafka.write('visits', visits)
  await kafka.write('pages', [{ key: '/', value: JSON.stringify('Home') }])
})
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()))
  await kafka.stop()
})

test('every instance answers for every key, also while partitions move and after they did', async () => {
  const first = await join()
  const second = await join()
  await settled([first, second])
  await until('all is counted', () => kafka.caughtUp('visit-counts', ['visits']))
  const all = async (app: MillraceApp<Stores>): Promise<void> => {
    for (const visitor of visitors) expect((await app.reader('perVisitor').get(visitor))?.value).toBe(countOf(visitor))
    const entries = await app.reader('perVisitor').range()
    expect(entries.map(({ key }) => key)).toEqual(visitors.toSorted())
    const windows = await app.reader('perMinute').fetchAll({ from: timestamp - 60_000, to: timestamp })
    expect(windows).toHaveLength(visitors.length)
    expect((await app.reader('pages').get('/'))?.value).toBe('Home')
  }
  await all(first)
  await all(second)

  const away = visitors.find((visitor) => second.metadataForKey('perVisitor', visitor)!.local)!
  const redirected = await fetch(`http://${first.address}/stores/perVisitor/keys/${away}`)
  expect([redirected.redirected, await redirected.json()]).toMatchObject([true, { key: away, value: countOf(away) }])

  // the old owner, asked throughout: right, or an error that says to ask again
  let isMoved = false
  let answers = 0
  const asking = (async () => {
    while (!isMoved) {
      await systemClock.yield()
      const found = await second
        .reader('perVisitor')
        .get(away)
        .catch((error: unknown) => error)
      if (found instanceof QueryError) expect(found.retriable).toBe(true)
      else {
        expect(found).toMatchObject({ value: countOf(away) })
        answers++
      }
    }
  })()
  const stopped = first.stop().then(join)
  const third = await stopped
  await settled([second, third])
  isMoved = true
  await asking
  expect(answers).toBeGreaterThan(0)
  await all(second)
  await all(third)
  await expect(fetch(`http://${first.address}/stores`)).rejects.toThrow()
})
