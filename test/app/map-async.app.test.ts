import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Order } from '../support/answered-orders.ts'
import { AppFixture, until } from '../support/app-fixture.ts'

let kafka: AppFixture
const children: ChildProcess[] = []

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ orders: 3, answers: 3 })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await kafka.stop()
})

const script = fileURLToPath(new URL('../support/answered-child.ts', import.meta.url))

/** Without `quickCalls` all are quick. */
function startChild(...quickCalls: readonly number[]): ChildProcess {
  const args = [
    '--import',
    'tsx',
    '--conditions',
    'source',
    script,
    kafka.brokers,
    inject('client'),
    ...quickCalls.map(String),
  ]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  children.push(child)
  return child
}

interface Answer {
  readonly key: string
  readonly id: number
}

const answers = async (): Promise<readonly Answer[]> =>
  (await kafka.read('answers')).map(({ key, value }) => ({
    key: Buffer.from(key!).toString(),
    id: (JSON.parse(Buffer.from(value!).toString()) as Order).id,
  }))

/** The first answer to each order, per key, as it came. */
function firstAnswers(all: readonly Answer[]): Record<string, readonly number[]> {
  const byKey: Record<string, Set<number>> = {}
  for (const { key, id } of all) (byKey[key] ??= new Set()).add(id)
  return Object.fromEntries(Object.entries(byKey).map(([key, ids]) => [key, [...ids]]))
}

test('an app that is killed again and again with calls in flight answers everything, each key in its order', async () => {
  const keys = 200
  const orders = Array.from({ length: 16_000 }, (_, id) => ({ key: `customer ${(id * 7919) % keys}`, value: { id } }))
  await kafka.write('orders', orders)
  for (let kill = 1; kill <= 3; kill++) {
    const before = (await answers()).length
    const child = startChild(3_000)
    await until(`run ${kill} answers`, async () => (await answers()).length > before + 300)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await kafka.caughtUp('answered-orders', ['orders']), `killed in the middle, time ${kill}`).toBe(false)
  }

  const child = startChild()
  await until('all is committed', () => kafka.caughtUp('answered-orders', ['orders']), 300_000)
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(0)

  const expected: Record<string, number[]> = {}
  for (const { key, value } of orders) (expected[key] ??= []).push(value.id)
  const all = await answers()
  expect(firstAnswers(all)).toEqual(expected)
}, 600_000)
