import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppFixture, until } from '../support/app-fixture.ts'
import { expectedIds, latestIds, makeLines, wordIdsTopics as topics } from '../support/word-ids.ts'

let kafka: AppFixture

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ lines: 2, ids: 1 })
  const module = new URL('../support/word-ids.ts', import.meta.url).href
  writeFileSync(topologyFile, `export { wordIds as default } from '${module}'`)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await kafka.stop()
})

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const main = path('src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
const topologyFile = join(folder, 'word-ids.ts')

function millrace(...args: string[]): {
  child: ReturnType<typeof spawn>
  text: () => string
  exit: Promise<unknown[]>
} {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions', 'source', main, ...args], { stdio: 'pipe' })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return { child, text: () => text, exit: once(child, 'exit') }
}

test('run works until SIGTERM, then commits and ends with 0', async () => {
  const lines = makeLines(100)
  await kafka.write(
    'lines',
    lines.map((line) => ({ key: `line-${line.id}`, value: line })),
  )
  const { child, text, exit } = millrace('run', topologyFile, '--brokers', kafka.brokers, '--application-id', 'cli')
  await until(
    () => `it runs; it said ${text()}`,
    () => text().includes('cli: running'),
  )
  await until('there are results', async () => Object.keys(latestIds(await kafka.read('ids'))).length === 7)
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
  expect(text()).toContain('cli: stopped')
  const { repartition } = topics
  expect(await kafka.caughtUp('cli', ['lines', repartition.replace('word-ids', 'cli')])).toBe(true)
  expect(latestIds(await kafka.read('ids'))).toEqual(expectedIds(lines))
})

test('a broker out of reach ends it with 1 and one sentence', async () => {
  const { text, exit } = millrace('run', topologyFile, '--brokers', '127.0.0.1:1')
  expect(await exit).toEqual([1, null])
  expect(text()).toContain('127.0.0.1:1')
  expect(text()).not.toMatch(/\n\s+at /)
})
