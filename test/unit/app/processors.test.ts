import { describe, expect, test } from 'vitest'
import { json, keyValueStore, string, topology, type ProcessorSupplier } from 'millrace'
import { MemoryCluster } from '../../support/memory-cluster.ts'

const serdes = { key: string(), value: json<number>() }
const counts = keyValueStore('counts', serdes)

function cluster(partitions = 1): MemoryCluster {
  const made = new MemoryCluster(3)
  made.kafka.createTopic('in', partitions)
  made.kafka.createTopic('out', 1)
  return made
}

const app = (supplier: ProcessorSupplier<string, number, string, number>) =>
  topology('processors', (builder) =>
    builder
      .stream('in', serdes)
      .process(supplier, { stores: [counts] })
      .to('out', serdes),
  )

const written = (made: MemoryCluster): readonly unknown[] =>
  made.kafka.records('out').map(({ value }) => JSON.parse(new TextDecoder().decode(value!)))

describe('a processor in an app', () => {
  test('punctuates by wall clock while no record comes', async () => {
    const made = cluster()
    const startedMs = made.clock.now()
    const running = made.app(
      app(() => ({
        init(context) {
          context.schedule('1s', 'wall-clock-time', (timestamp) =>
            context.forward({ key: 'tick', value: timestamp - startedMs, timestamp }),
          )
        },
        process() {},
      })),
    )
    await made.clock.settle(running.start())
    await made.clock.advance(3_500)
    await made.clock.settle(running.stop())
    const ticks = written(made) as number[]
    expect(ticks.length).toBe(3)
    for (const [index, tick] of ticks.entries()) {
      expect(tick).toBeGreaterThanOrEqual((index + 1) * 1_000)
      expect(tick).toBeLessThan((index + 1) * 1_000 + 200)
    }
  })

  test('finds its store restored in init, one instance for each task, and each is closed', async () => {
    const made = cluster(2)
    const found: (number | null)[] = []
    let open = 0
    const counting: ProcessorSupplier<string, number, string, number> = () => ({
      init(context) {
        open++
        found.push(context.store(counts).get('n'))
      },
      process(_record, context) {
        const store = context.store(counts)
        store.put('n', (store.get('n') ?? 0) + 1)
      },
      close: () => void open--,
    })
    made.write('in', [1, 2, 3, 4, 5, 6])
    const first = made.app(app(counting))
    await made.clock.settle(first.start())
    await made.clock.runUntil(() => made.caughtUp('processors', ['in']))
    expect(open).toBe(2)
    await made.clock.settle(first.stop())
    expect(open).toBe(0)
    const second = made.app(app(counting))
    await made.clock.settle(second.start())
    await made.clock.settle(second.stop())
    expect(found).toEqual([null, null, 3, 3])
  })

  test('has a commit when it asks for one, long before the interval is over', async () => {
    const made = cluster()
    const running = made.app(
      app(() => ({ process: (_record, context) => context.commit() })),
      {
        config: { commitIntervalMs: 60_000 },
      },
    )
    await made.clock.settle(running.start())
    made.write('in', [1, 2, 3])
    await made.clock.runUntil(() => made.caughtUp('processors', ['in']), 1_000)
    await made.clock.settle(running.stop())
  })

  test('that fails in init fails the app, and says where', async () => {
    const made = cluster()
    const failing = made.app(
      app(() => ({
        init() {
          throw new Error('no luck')
        },
        process() {},
      })),
    )
    const heard: Error[] = []
    failing.on('error', (error) => void heard.push(error))
    await made.clock.settle(failing.start().catch(() => {}))
    await made.clock.settle(failing.closed.catch(() => {}))
    expect(failing.state).toBe('failed')
    expect(heard.map(({ message }) => message)).toEqual(['in-process failed in init: Error: no luck'])
  })
})
