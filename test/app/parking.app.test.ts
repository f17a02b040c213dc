import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, string, topology, type Topology } from 'millrace'
import { runCli } from '../../src/cli/program.ts'
import { AppFixture, until } from '../support/app-fixture.ts'

let kafka: AppFixture

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ payments: 3, scored: 2 })
})
afterAll(() => kafka.stop())

interface Payment {
  readonly card: string
  readonly number: number
}

const serdes = { key: string(), value: json<Payment>() }
const isPoison = ({ card, number }: Payment): boolean => card === 'card-3' && (number === 5 || number === 9)

function scoring(fails: (payment: Payment) => boolean): Topology {
  return topology('scoring', (builder) => {
    builder
      .stream('payments', serdes)
      .mapValues(
        (payment) => {
          if (fails(payment)) throw new RangeError(`payment ${payment.number} has no merchant`)
          return payment
        },
        { name: 'score', onError: { retry: { attempts: 2, backoff: 50 }, then: 'park' } },
      )
      .to('scored', serdes)
  })
}

const config = { deadLetterTopic: 'dead' }
const cards = Array.from({ length: 10 }, (_, index) => `card-${index}`)

function payments(from: number, to: number): { key: string; value: Payment }[] {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index)
  return numbers.flatMap((number) => cards.map((card) => ({ key: card, value: { card, number } })))
}

async function scored(): Promise<ReadonlyMap<string, readonly number[]>> {
  const out = new Map<string, number[]>(cards.map((card) => [card, []]))
  for (const { value } of await kafka.read('scored')) {
    const { card, number } = JSON.parse(Buffer.from(value!).toString()) as Payment
    out.get(card)!.push(number)
  }
  return out
}

async function dlq(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' }
  const output = { out: (more: string) => void (text.out += more), err: (more: string) => void (text.err += more) }
  const code = await runCli(['dlq', ...args, '--brokers', kafka.brokers], output)
  return { code, ...text }
}

const upTo = (end: number): readonly number[] => Array.from({ length: end }, (_, index) => index)

/** Each step goes on with the group, the topics and the state of the one before. */
test('a poisoned key is parked, and all others go on', async () => {
  const app = kafka.app(scoring(isPoison), config)
  await app.start()
  await kafka.write('payments', payments(0, 20))
  await until('all is committed', () => kafka.caughtUp('scoring', ['payments']))
  await app.stop()
  const out = await scored()
  for (const card of cards) expect(out.get(card)).toEqual(card === 'card-3' ? upTo(5) : upTo(20))
  const listed = JSON.parse((await dlq('list', 'dead', '--format', 'json')).out) as {
    parked: string
    attempts: number
  }[]
  expect(listed.map(({ parked }) => parked)).toEqual(['poisoned', ...Array.from({ length: 14 }, () => 'behind')])
  expect(listed[0]).toMatchObject({ key: 'card-3', node: 'score', attempts: 2, topic: 'payments' })
})

test('with half a fix, a replay goes as far as it can, and says what failed again', async () => {
  const app = kafka.app(
    scoring((payment) => isPoison(payment) && payment.number === 9),
    config,
  )
  await app.start()
  const { code, err } = await dlq('replay', 'dead', '--wait', '30s')
  await app.stop()
  expect(code).toBe(1)
  expect(err).toContain('payment 9 has no merchant')
  expect((await scored()).get('card-3')).toEqual(upTo(9))
})

test('after the fix, everything comes out in order while more arrives: exactly what went in', async () => {
  const app = kafka.app(
    scoring(() => false),
    config,
  )
  await app.start()
  const arriving = kafka.write('payments', payments(20, 60))
  expect(await dlq('replay', 'dead', '--wait', '1m')).toMatchObject({ code: 0 })
  await arriving
  await until('all is committed', () => kafka.caughtUp('scoring', ['payments']))
  expect(await dlq('replay', 'dead', '--wait', '1m')).toMatchObject({ code: 0 })
  await app.stop()
  const out = await scored()
  for (const card of cards) expect(out.get(card)).toEqual(upTo(60))
  expect((await dlq('list', 'dead')).out).toBe('No dead letters.\n')
})
