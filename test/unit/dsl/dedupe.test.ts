import { describe, expect, test } from 'vitest'
import { describePlan, json, planTopology, safeInt64, string, topology, type KStream, type Topology } from 'millrace'
import { createTestDriver } from 'millrace/testing'
import { planned, problemsOf, topics } from '../planner/plan-facts.ts'
import { record, taskRig } from '../runtime/task-rig.ts'

interface Payment {
  readonly request: string | null
  readonly shop: string
}

const serdes = { key: string(), value: json<Payment>() }
const byRequest = { id: (payment: Payment) => payment.request, within: '1m' } as const

function deduped(declare: (payments: KStream<string, Payment>) => KStream<string, Payment>): Topology {
  return topology('shop', (builder) => declare(builder.stream('payments', serdes)).to('out', serdes))
}

async function played(built: Topology, records: readonly (readonly [string | null, Payment, number])[]) {
  const driver = await createTestDriver(built)
  const input = await driver.inputTopic('payments', serdes)
  for (const [key, value, timestamp] of records) input.pipe({ key, value, timestamp })
  const out = await driver.outputTopic('out', serdes)
  return { driver, passed: out.read().map(({ key, value, timestamp }) => `${key} ${value?.request} ${timestamp}`) }
}

const pay = (request: string | null, shop = 's'): Payment => ({ request, shop })

describe('dedupe', () => {
  test('passes the first of an id in each key, and counts what it drops', async () => {
    const rig = await taskRig(deduped((payments) => payments.dedupe({ ...byRequest, late: 'drop' })))
    const send = (key: string | null, request: string | null, timestamp: number) =>
      rig.enqueue('payments', record(key, JSON.stringify(pay(request)), timestamp))
    send('a', 'r', 0)
    send('a', 'r', 60_000)
    send('b', 'r', 60_000)
    send('a', 'r', 60_001)
    send('a', null, 60_001)
    send('a', null, 60_001)
    send(null, 'r', 60_001)
    send('a', 'x', 0)
    rig.run()
    const passed = rig.take('out').map((line) => line.replace(/=.*@/, '@'))
    expect(passed).toEqual(['a@0', 'b@60000', 'a@60001', 'a@60001', 'a@60001'])
    expect(Object.fromEntries(rig.metrics.dropped)).toEqual({ duplicate: 1, late: 1, 'null-key': 1 })
  })

  test('ids meet under a changed key, through a repartition topic', async () => {
    const built = deduped((payments) =>
      payments.selectKey((payment) => payment.shop, { key: string() }).dedupe({ ...byRequest, name: 'once' }),
    )
    const { driver, passed } = await played(built, [
      ['a', pay('r'), 1],
      ['b', pay('r'), 2],
      ['b', pay('r', 't'), 3],
    ])
    expect(passed).toEqual(['s r 1', 't r 3'])
    expect(driver.plan.internalTopics.map(({ name }) => name).toSorted()).toEqual([
      'shop-once-changelog',
      'shop-once-repartition',
    ])
  })

  test('keeps the partitioning: what needs the key after it needs no topic', () => {
    const plan = planned((builder) => {
      builder.stream('in', serdes).dedupe(byRequest).groupByKey().count()
    })
    expect(topics(plan, 'repartition')).toEqual([])
    expect(topics(plan, 'changelog')).toEqual(['app-in-dedupe-changelog', 'app-in-dedupe-count-changelog'])
  })

  test('its changelog keeps an id for twice its time', () => {
    const { internalTopics } = planned((builder) => void builder.stream('in', serdes).dedupe(byRequest))
    expect(internalTopics[0]!.configs).toMatchObject({
      'cleanup.policy': 'compact,delete',
      'retention.ms': `${120_001 + 86_400_000}`,
    })
  })

  test('ids may be lists, or of any type that has a serde', async () => {
    const lists = deduped((payments) =>
      payments.dedupe({ id: ({ request, shop }) => [shop, request ?? ''], within: 5 }),
    )
    const numbers = deduped((payments) =>
      payments.dedupe({ id: ({ request }) => request?.length, within: 5, idSerde: safeInt64() }),
    )
    const records = [
      ['a', pay('r'), 1],
      ['a', pay('r'), 2],
      ['a', pay('q'), 3],
      ['a', pay('r', 't'), 4],
    ] as const
    expect((await played(lists, records)).passed).toEqual(['a r 1', 'a q 3', 'a r 4'])
    expect((await played(numbers, records)).passed).toEqual(['a r 1'])
  })

  test('shows in a plan with its store', () => {
    const built = deduped((payments) => payments.dedupe(byRequest))
    const text = describePlan(planTopology(built, { applicationId: 'app' }))
    expect(text).toContain('Processor: payments-dedupe (stores: [payments-dedupe])')
    const plan = JSON.parse(describePlan(planTopology(built, { applicationId: 'app' }), 'json'))
    expect(plan.subtopologies[0].stores).toEqual([
      {
        name: 'payments-dedupe',
        kind: 'window',
        changelogTopic: 'app-payments-dedupe-changelog',
        key: 'pair(string, json)',
        value: 'json',
      },
    ])
  })

  test('mistakes are told together: a negative time, one name for two, a serde that is missing', () => {
    expect(problemsOf((builder) => void builder.stream('in', serdes).dedupe({ ...byRequest, within: -1 }))).toEqual([
      'in-dedupe: within is -1 ms',
    ])
    expect(
      problemsOf((builder) => {
        const payments = builder.stream('in', serdes)
        payments.dedupe(byRequest)
        payments.dedupe(byRequest)
      }),
    ).toEqual(['in-dedupe: two nodes would keep their state or topic under this name'])
    expect(
      problemsOf((builder) => {
        builder
          .stream('in', serdes)
          .selectKey(({ shop }) => shop)
          .dedupe({ ...byRequest, name: 'once' })
      }),
    ).toEqual([
      'once: it needs a serde for the key of its repartition topic, and none is known at this point',
      'once: it needs a serde for the key of its store, and none is known at this point',
    ])
  })
})
