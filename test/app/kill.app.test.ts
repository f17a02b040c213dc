import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { AppFixture, until } from '../support/app-fixture.ts'
import { expectedWindows, makeVisits, windowedIdsChangelog } from '../support/windowed-ids.ts'
import { latestIds } from '../support/word-ids.ts'

let kafka: AppFixture
const children: ChildProcess[] = []

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ visits: 3, windows: 2 })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await kafka.stop()
})

const script = fileURLToPath(new URL('../support/windowed-child.ts', import.meta.url))

/** Without `quickVisits` all are quick. */
function startChild(...quickVisits: readonly number[]): { child: ChildProcess; text: () => string } {
  const args = [
    '--import',
    'tsx',
    '--conditions',
    'source',
    script,
    kafka.brokers,
    inject('client'),
    ...quickVisits.map(String),
  ]
  const child = spawn(process.execPath, args, { stdio: 'pipe' })
  children.push(child)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return { child, text: () => text }
}

const changelogSize = async (): Promise<number> => {
  const known = await kafka.admin.partitionCounts([windowedIdsChangelog])
  return known.size === 0 ? 0 : (await kafka.read(windowedIdsChangelog)).length
}

test('an app that is killed again and again in the middle of a windowed aggregation loses nothing', async () => {
  const visits = makeVisits(20_000)
  await kafka.write('visits', visits.slice(0, 15_000))
  for (let kill = 1; kill <= 3; kill++) {
    const { child, text } = startChild(3_000)
    await until(
      () => `run ${kill} is running; it said ${text()}`,
      () => text().includes('running'),
    )
    const before = await changelogSize()
    await until(`run ${kill} writes state`, async () => (await changelogSize()) > before)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await kafka.caughtUp('windowed-ids', ['visits']), `killed in the middle, time ${kill}`).toBe(false)
    await kafka.write('visits', visits.slice(15_000 + (kill - 1) * 1_000, 15_000 + kill * 1_000))
  }
  await kafka.write('visits', visits.slice(18_000))

  const { child, text } = startChild()
  await until(
    () => `all is committed; it said ${text()}`,
    () => kafka.caughtUp('windowed-ids', ['visits']),
    300_000,
  )
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number]
  expect({ code, text: text() }).toMatchObject({ code: 0 })
  expect(text()).toMatch(/"restoredRecords":[1-9]/)

  const expected = expectedWindows(visits)
  expect(latestIds(await kafka.read('windows'))).toEqual(expected)
  const windowsInState = new Set(
    (await kafka.read(windowedIdsChangelog)).map(({ key }) => Buffer.from(key ?? []).toString('hex')),
  )
  expect(windowsInState.size).toBe(Object.keys(expected).length)
}, 600_000)
