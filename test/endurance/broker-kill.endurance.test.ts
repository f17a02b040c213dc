/* The embedded broker as a process that is killed. SEED=N repeats a run or makes another. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { BrokerChild } from '../support/broker-child.ts'
import { CrashWorkload, crashTopics } from '../support/crash-workload.ts'

const rounds = 5
const seed = Number(process.env['SEED'] ?? 1)
let data: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
})
afterEach(async () => {
  await BrokerChild.killAll()
  rmSync(data, { recursive: true, force: true })
})

test(`killed ${rounds} times in the middle of it, a broker has all that it acknowledged, once and whole: records, transactions, offsets (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const workload = new CrashWorkload(random)
  for (let round = 0; round < rounds; round++) {
    const child = await BrokerChild.start('--data', data, ...crashTopics)
    if (round > 0) await workload.check(child)
    let ended: Promise<unknown> | undefined
    await workload.runUntilKilled(child, 5 + Math.floor(random() * 400), () => (ended = child.end('SIGKILL')))
    expect(await ended).toBe('SIGKILL')
  }
  const last = await BrokerChild.start('--data', data)
  await workload.check(last)
  expect(await last.end('SIGTERM')).toBe(0)
  console.log(`seed ${seed}: ${workload.acknowledged} acknowledgements over ${rounds} kills`)
})

test('SIGTERM ends a broker with clients in the middle of a request: code 0, nothing on the error output, everything kept', async () => {
  const child = await BrokerChild.start('--data', data, ...crashTopics)
  const workload = new CrashWorkload(seededRandom(seed))
  let ended: Promise<unknown> | undefined
  await workload.runUntilKilled(child, 100, () => (ended = child.end('SIGTERM')))
  expect(await ended).toBe(0)
  expect(child.output).toMatch(/^Kafka broker listens on 127\.0\.0\.1:\d+, in .*\. Ctrl-C stops it\.\n$/)
  const again = await BrokerChild.start('--data', data)
  await workload.check(again)
  expect(await again.end('SIGINT')).toBe(0)
})
