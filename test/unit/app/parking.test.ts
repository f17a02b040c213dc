import { expect, test } from 'vitest'
import { ConfigError, createApp, json, string, topology, type MillraceApp, type OnError, type Topology } from 'millrace'
import { runCli } from '../../../src/cli/program.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { crashAt, memoryPort } from '../../support/memory-port.ts'

const serdes = { key: string(), value: json<number>() }
const config = { commitIntervalMs: 20, lingerMs: 2, deadLetterTopic: 'dead' }
const decoder = new TextDecoder()

/** Throws on what `broken` holds. */
function picky(broken: ReadonlySet<number>, onError: OnError = 'park'): Topology {
  return topology('picky', (builder) => {
    builder
      .stream('in', serdes)
      .mapValues(
        (value) => {
          if (broken.has(value)) throw new RangeError(`${value} is broken`)
          return value
        },
        { name: 'check', onError },
      )
      .to('out', serdes)
  })
}

function cluster(): MemoryCluster {
  const made = new MemoryCluster(1)
  made.kafka.createTopic('in', 2)
  made.kafka.createTopic('out', 1)
  return made
}

function send(made: MemoryCluster, key: string, ...values: readonly number[]): void {
  for (const value of values) {
    made.kafka.append({
      topic: 'in',
      partition: key.charCodeAt(0) % 2,
      key: Buffer.from(key),
      value: Buffer.from(JSON.stringify(value)),
      timestamp: made.clock.now(),
      headers: [],
    })
  }
}

function values(made: MemoryCluster, key: string): readonly number[] {
  const mine = made.kafka.records('out').filter((record) => decoder.decode(record.key ?? undefined) === key)
  return mine.map(({ value }) => Number(decoder.decode(value ?? undefined)))
}

async function started(made: MemoryCluster, declared: Topology): Promise<MillraceApp> {
  const app = made.app(declared, { config })
  await made.clock.settle(app.start())
  await caughtUp(made)
  return app
}

async function caughtUp(made: MemoryCluster): Promise<void> {
  await made.clock.runUntil(() => made.caughtUp('picky', ['in']))
}

async function cli(
  made: MemoryCluster,
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' }
  const output = { out: (more: string) => void (text.out += more), err: (more: string) => void (text.err += more) }
  const port = memoryPort(made.kafka, { clock: made.clock, name: 'cli', random: seededRandom(1) })
  const code = await made.clock.settle(runCli(['dlq', ...args], output, { port, clock: made.clock }))
  return { code, ...text }
}

test('a poisoned key is parked, others go on; after the fix a replay brings everything out in order', async () => {
  const made = cluster()
  const broken = new Set([2])
  const app = await started(made, picky(broken))
  send(made, 'a', 1, 2, 3)
  send(made, 'c', 10)
  await caughtUp(made)
  send(made, 'a', 4)
  send(made, 'b', 20)
  send(made, 'c', 11)
  await caughtUp(made)
  expect([values(made, 'a'), values(made, 'b'), values(made, 'c')]).toEqual([[1], [20], [10, 11]])

  const listed = await cli(made, 'list', 'dead', '--format', 'json')
  expect(JSON.parse(listed.out)).toMatchObject([
    {
      topic: 'in',
      offset: 1,
      key: 'a',
      value: '2',
      parked: 'poisoned',
      attempts: 1,
      node: 'check',
      application: 'picky',
    },
    { topic: 'in', offset: 2, parked: 'behind', node: 'check', exception: 'MILLRACE_KEY_PARKED' },
    { topic: 'in', offset: 4, parked: 'behind' },
  ])

  broken.clear()
  expect(await cli(made, 'replay', 'dead', '--wait', '1m')).toMatchObject({ code: 0, out: '3 records replayed.\n' })
  send(made, 'a', 5)
  await caughtUp(made)
  expect(values(made, 'a')).toEqual([1, 2, 3, 4, 5])
  expect((await cli(made, 'list', 'dead')).out).toBe('No dead letters.\n')
  expect(made.kafka.records('out').every(({ headers }) => headers.length === 0)).toBe(true)
  await made.clock.settle(app.stop())
})

test('a key stays parked over a restart, and with another instance', async () => {
  const made = cluster()
  const broken = new Set([2])
  const first = await started(made, picky(broken))
  send(made, 'a', 1, 2)
  await caughtUp(made)
  await made.clock.settle(first.stop())
  send(made, 'a', 3)
  broken.clear()
  const second = await started(made, picky(broken))
  expect(values(made, 'a')).toEqual([1])
  await cli(made, 'replay', 'dead', '--wait', '1m')
  expect(values(made, 'a')).toEqual([1, 2, 3])
  await made.clock.settle(second.stop())
})

test('what fails again stays parked, in order, and the command says so', async () => {
  const made = cluster()
  const broken = new Set([2, 3])
  const app = await started(made, picky(broken))
  send(made, 'a', 1, 2, 3, 4)
  await caughtUp(made)
  broken.delete(2)
  const { code, err } = await cli(made, 'replay', 'dead', '--wait', '1m')
  expect(code).toBe(1)
  expect(err).toContain('failed again: in-1@2: check failed on the record')
  expect(values(made, 'a')).toEqual([1, 2])
  const { out } = await cli(made, 'list', 'dead')
  expect(out).toContain('in-1@2  key a  failed and parked its key, at check, tried once')
  broken.clear()
  await cli(made, 'replay', 'dead', '--key', 'a', '--wait', '1m')
  expect(values(made, 'a')).toEqual([1, 2, 3, 4])
  await made.clock.settle(app.stop())
})

test('a record that is given up does not keep the others', async () => {
  const made = cluster()
  const app = await started(made, picky(new Set([2])))
  send(made, 'a', 1, 2, 3)
  await caughtUp(made)
  const wrong = await cli(made, 'replay', 'dead', '--discard', 'in-1@77')
  expect(wrong).toMatchObject({
    code: 2,
    err: expect.stringContaining('no dead letter of this replay is of the record in-1@77'),
  })
  const dry = await cli(made, 'replay', 'dead', '--discard', 'in-1@1', '--dry-run')
  expect(dry.out).toBe('discard  in-1@1  key a\nreplay   in-1@2  key a\nNothing was sent: this was a dry run.\n')
  const { out } = await cli(made, 'replay', 'dead', '--discard', 'in-1@1', '--wait', '1m')
  expect(out).toBe('1 record replayed, 1 given up.\n')
  expect(values(made, 'a')).toEqual([1, 3])
  await made.clock.settle(app.stop())
})

test('dead letters without parking are replayed once, and marked', async () => {
  const made = cluster()
  const broken = new Set([2])
  const app = await started(made, picky(broken, { retry: { attempts: 3, backoff: '1s' }, then: 'dead-letter' }))
  send(made, 'a', 1, 2, 3)
  await caughtUp(made)
  expect(values(made, 'a')).toEqual([1, 3])
  expect((await cli(made, 'list', 'dead')).out).toContain('tried 3 times')
  broken.clear()
  expect((await cli(made, 'replay', 'dead', '--node', 'check')).out).toBe('1 record replayed.\n')
  expect((await cli(made, 'replay', 'dead')).out).toBe('There is nothing to replay.\n')
  await caughtUp(made)
  expect(values(made, 'a')).toEqual([1, 3, 2])
  await made.clock.settle(app.stop())
})

test('while a record is held, other tasks go on, nothing of its task is committed, and the app stops in time', async () => {
  const made = cluster()
  const app = await started(
    made,
    picky(new Set([2]), { retry: { attempts: 100, backoff: '1h', maxBackoff: '1h' }, then: 'fail' }),
  )
  send(made, 'a', 2, 3)
  send(made, 'b', 20, 21)
  await made.clock.runUntil(() => values(made, 'b').length === 2)
  await made.clock.settle(app.stop())
  const { offsets } = made.kafka.group('picky')
  expect([offsets.get('in-1'), offsets.get('in-0')]).toEqual([undefined, 2])
  expect(values(made, 'a')).toEqual([])
})

test('a topic that is not there, and no dead-letter topic, are said at once', async () => {
  const made = cluster()
  expect(await cli(made, 'list', 'nowhere')).toEqual({ code: 2, out: '', err: 'millrace: there is no topic nowhere\n' })
  made.kafka.createTopic('dead', 1)
  const soon = await cli(made, 'replay', 'dead', '--wait', 'soon')
  expect(soon).toMatchObject({ code: 2, err: 'millrace: --wait is soon: a duration such as 30s or 5m is expected\n' })
  expect(() => createApp(picky(new Set()))).toThrow(ConfigError)
})

test('a crash at any step, also while a replay comes in, loses no record', async () => {
  let crashes = 0
  for (let step = 1; step <= 60; step++) {
    const made = cluster()
    const broken = new Set([2, 5])
    const crash = crashAt(step)
    const doomed = made.app(picky(broken), { config, step: crash.step })
    send(made, 'a', 1, 2, 3)
    void doomed.start()
    const over = (): boolean => crash.crashed() || made.caughtUp('picky', ['in'])
    await made.clock.runUntil(over)
    broken.delete(2)
    if (made.kafka.counts().has('dead')) await cli(made, 'replay', 'dead')
    send(made, 'a', 4, 5, 6)
    await made.clock.runUntil(over)
    if (!crash.crashed()) continue
    crashes++
    made.expire('picky', 1)
    broken.clear()
    const app = await started(made, picky(broken))
    const { code, err } = await cli(made, 'replay', 'dead', '--wait', '1m')
    expect({ step, code, err }).toEqual({ step, code: 0, err: '' })
    send(made, 'a', 7)
    await caughtUp(made)
    expect([...new Set(values(made, 'a'))].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect((await cli(made, 'list', 'dead')).out).toBe('No dead letters.\n')
    await made.clock.settle(app.stop())
  }
  expect(crashes).toBeGreaterThan(15)
})
