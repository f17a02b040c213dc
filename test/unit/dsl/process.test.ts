import { describe, expect, test } from 'vitest'
import {
  json,
  keyValueStore,
  sessionStore,
  string,
  topology,
  windowStore,
  type Cancellable,
  type KStream,
  type ProcessorContext,
  type ProcessorSupplier,
  type StoreDeclaration,
} from 'millrace'
import { createTestDriver, type TopologyTestDriver } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }
type Supplier = ProcessorSupplier<string, number, string, number>

interface Rig {
  readonly driver: TopologyTestDriver
  send(key: string, value: number, timestamp: number): readonly string[]
  read(): readonly string[]
}

/** Runs what `declare` makes of the topic `in`; what it returns goes to `out`. */
async function rig(declare: (input: KStream<string, number>) => KStream<string, any>): Promise<Rig> {
  const built = topology('rig', (builder) => declare(builder.stream('in', serdes)).to('out', serdes))
  const driver = await createTestDriver(built)
  const input = await driver.inputTopic('in', serdes)
  const output = await driver.outputTopic('out', serdes)
  const read = () => output.read().map(({ key, value, timestamp }) => `${key} ${value} ${timestamp}`)
  return {
    driver,
    read,
    send(key, value, timestamp) {
      input.pipe({ key, value, timestamp })
      return read()
    },
  }
}

describe('stores', () => {
  test('key-value: read, write, delete, scan; logged with the time of the record', async () => {
    const store = keyValueStore('sums', serdes)
    const summing: Supplier = () => ({
      process(record, context) {
        const sums = context.store(store)
        if (record.value < 0) sums.delete(record.key)
        else sums.put(record.key, (sums.get(record.key) ?? 0) + record.value)
        for (const [key, value] of sums.all()) context.forward({ ...record, key, value })
      },
    })
    const { driver, send } = await rig((input) => input.process(summing, { stores: [store] }))
    expect(send('b', 1, 5)).toEqual(['b 1 5'])
    expect(send('a', 2, 6)).toEqual(['a 2 6', 'b 1 6'])
    expect(send('b', -1, 7)).toEqual(['a 2 7'])
    const log = await driver.outputTopic('rig-sums-changelog', serdes)
    expect(log.read().map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['b', 1, 5],
      ['a', 2, 6],
      ['b', null, 7],
    ])
  })

  test('window and session stores', async () => {
    const windows = windowStore('w', { ...serdes, size: 10, retention: 100 })
    const sessions = sessionStore('s', { ...serdes, retention: 100 })
    const counting: Supplier = () => ({
      process({ key, value, timestamp }, context) {
        const stored = context.store(windows).put(key, value, timestamp - (timestamp % 10))
        context.store(sessions).put(key, value, { start: timestamp, end: timestamp + 1 })
        const count = [...context.store(windows).fetchRange(key, 0, 1_000)].length
        context.forward({ key, value: stored ? count : -1, timestamp })
      },
    })
    const { driver, send } = await rig((input) => input.process(counting, { stores: [windows, sessions] }))
    expect(send('k', 1, 5)).toEqual(['k 1 5'])
    expect(send('k', 1, 200)).toEqual(['k 1 200'])
    expect(send('k', 1, 50)).toEqual(['k -1 50'])
    expect(driver.windowStore('w')?.fetch('k', 200)?.value).toBe(1)
    expect([...driver.sessionStore('s')!.all()].map(([{ window }]) => window)).toEqual([{ start: 200, end: 201 }])
  })

  test('processors with the same declaration share the store and their sub-topology', async () => {
    const seen = keyValueStore('seen', serdes)
    const writing: Supplier = () => ({
      process: (record, context) => context.store(seen).put(record.key, record.value),
    })
    const reading: Supplier = () => ({
      process: (record, context) => context.forward({ ...record, value: context.store(seen).get(record.key) ?? 0 }),
    })
    const driver = await createTestDriver(
      topology('two', (builder) => {
        builder.stream('in', serdes).process(writing, { stores: [seen], name: 'writer' })
        builder
          .stream('ask', serdes)
          .process(reading, { stores: [seen], name: 'reader' })
          .to('out', serdes)
      }),
    )
    const [input, ask] = [await driver.inputTopic('in', serdes), await driver.inputTopic('ask', serdes)]
    input.pipe({ key: 'k', value: 7, timestamp: 1 })
    ask.pipe({ key: 'k', value: 0, timestamp: 2 })
    expect((await driver.outputTopic('out', serdes)).read()[0]!.value).toBe(7)
    expect(driver.plan.subtopologies.length).toBe(1)
  })

  test('two stores of one name are a mistake, as is one that was not declared', async () => {
    const twin = (): StoreDeclaration => keyValueStore('twin', serdes)
    const idle: Supplier = () => ({ process() {} })
    const twice = rig((input) =>
      input.process(idle, { stores: [twin()] }).process(idle, { stores: [twin()], name: 'second' }),
    )
    await expect(twice).rejects.toThrow(/second: its store would be .*twin/)
    const asking: Supplier = () => ({ process: (_record, context) => void context.store('other') })
    const { send } = await rig((input) => input.process(asking))
    expect(() => send('k', 1, 1)).toThrow(/did not declare store other/)
  })
})

describe('forwarding', () => {
  const passing: Supplier = () => ({ process: (record, { forward }) => forward(record) })
  const passingTo =
    (child: string): Supplier =>
    () => ({ process: (record, context) => context.forward(record, child) })

  test('to one child by its name, also where a chain of steps was fused', async () => {
    const { send } = await rig((input) => {
      const processed = input.process(passingTo('plus'))
      const plus = processed.mapValues((value) => value + 1, { name: 'plus' }).mapValues((value) => value * 10)
      return plus.merge(processed.mapValues((value) => -value, { name: 'minus' }))
    })
    expect(send('k', 1, 1)).toEqual(['k 20 1'])
  })

  test('to a name that does not follow names those that do', async () => {
    const { send } = await rig((input) => input.process(passingTo('nowhere')).filter(() => true, { name: 'somewhere' }))
    expect(() => send('k', 1, 1)).toThrow(/no nowhere follows it; what follows is named somewhere/)
  })

  test('process marks the key as changed, processValues does not', async () => {
    const topics = async (count: (input: KStream<string, number>) => KStream<string, number>) => {
      const { driver } = await rig((input) => count(input).groupByKey().count({ store: 'n' }).toStream())
      return driver.plan.internalTopics.map(({ name }) => name).toSorted()
    }
    expect(await topics((input) => input.process(passing, serdes))).toEqual(['rig-n-changelog', 'rig-n-repartition'])
    expect(await topics((input) => input.processValues(passing, { value: json<number>() }))).toEqual([
      'rig-n-changelog',
    ])
  })

  test('processValues may change the value, not the key, and not forward from a punctuation', async () => {
    const doubling: Supplier = () => ({
      init(context) {
        context.schedule(100, 'stream-time', (timestamp) => {
          if (timestamp >= 100) context.forward({ key: 'k', value: 0, timestamp })
        })
      },
      process(record, context) {
        const key = record.value < 0 ? 'other' : record.key
        context.forward({ ...record, key, value: record.value * 2 })
      },
    })
    const { send } = await rig((input) => input.processValues(doubling))
    expect(send('k', 4, 1)).toEqual(['k 8 1'])
    expect(() => send('k', -1, 2)).toThrow(/it changes the key, which processValues may not/)
    const later = await rig((input) => input.processValues(doubling))
    expect(() => later.send('k', 1, 150)).toThrow(/no record to take the key from/)
  })
})

describe('punctuation', () => {
  const passingWithTimes =
    (type: 'stream-time' | 'wall-clock-time'): Supplier =>
    () => ({
      init(context) {
        const value = (): number => (context.recordMetadata === undefined ? 1 : 0)
        context.schedule(10, type, (timestamp) => context.forward({ key: 'p', value: value(), timestamp }))
      },
      process: (record, context) => context.forward(record),
    })

  test('by stream time: with the first record, then once for each advance past a multiple', async () => {
    const { send } = await rig((input) => input.process(passingWithTimes('stream-time')))
    expect(send('k', 1, 3)).toEqual(['k 1 3', 'p 1 3'])
    expect(send('k', 2, 9)).toEqual(['k 2 9'])
    expect(send('k', 3, 10)).toEqual(['k 3 10', 'p 1 10'])
    expect(send('k', 4, 55)).toEqual(['k 4 55', 'p 1 55'])
    expect(send('k', 5, 20)).toEqual(['k 5 20'])
    expect(send('k', 6, 60)).toEqual(['k 6 60', 'p 1 60'])
  })

  test('by wall clock: after one interval, missed ones are skipped, records do not matter', async () => {
    const { driver, send, read } = await rig((input) => input.process(passingWithTimes('wall-clock-time')))
    expect(send('k', 1, 1_000)).toEqual(['k 1 1000'])
    driver.advanceWallClockTime(9)
    expect(read()).toEqual([])
    driver.advanceWallClockTime(1)
    expect(read()).toEqual(['p 1 10'])
    driver.advanceWallClockTime('35ms')
    expect(read()).toEqual(['p 1 45'])
    driver.advanceWallClockTime(5)
    expect(read()).toEqual(['p 1 50'])
  })

  test('can be scheduled while records are processed, and cancelled from inside', async () => {
    const { send } = await rig((input) =>
      input.process((() => {
        let once: Cancellable | undefined
        return {
          process(record, context) {
            once ??= context.schedule(1, 'stream-time', (timestamp) => {
              once!.cancel()
              context.forward({ key: 'once', value: context.currentStreamTimeMs, timestamp })
            })
            context.forward(record)
          },
        }
      }) satisfies Supplier),
    )
    expect(send('k', 1, 5)).toEqual(['k 1 5', 'once 5 5'])
    expect(send('k', 2, 9)).toEqual(['k 2 9'])
  })

  test('what a punctuation throws, or an operator below it, stops the app with the name of the node', async () => {
    const unlucky: Supplier = () => ({
      init(context) {
        context.schedule(1, 'stream-time', (timestamp) => {
          if (timestamp > 5) throw new Error('out of luck')
          context.forward({ key: 'k', value: 13, timestamp })
        })
      },
      process() {},
    })
    const below = await rig((input) =>
      input.process(unlucky).mapValues(
        (): number => {
          throw new Error('thirteen')
        },
        { name: 'below' },
      ),
    )
    expect(() => below.send('k', 1, 5)).toThrow(/below failed in a punctuation: Error: thirteen/)
    const { send } = await rig((input) => input.process(unlucky, { name: 'unlucky' }))
    expect(() => send('k', 1, 9)).toThrow(/unlucky failed in a punctuation: Error: out of luck/)
  })

  test('an interval must be above 0', async () => {
    const never: Supplier = () => ({
      init: (context) => void context.schedule(0, 'stream-time', () => {}),
      process() {},
    })
    await expect(rig((input) => input.process(never))).rejects.toThrow(/interval is 0 ms/)
  })
})

describe('the life of a processor', () => {
  test('init, process with the origin of the record, close', async () => {
    const life: string[] = []
    const living: Supplier = () => ({
      init: (context: ProcessorContext<string, number>) =>
        void life.push(`init ${context.nodeName} ${String(context.recordMetadata)}`),
      process: (_record, { recordMetadata }) => void life.push(`${recordMetadata!.topic} ${recordMetadata!.offset}`),
      close: () => void life.push('close'),
    })
    const { driver, send } = await rig((input) => input.process(living, { name: 'node' }))
    send('k', 1, 1)
    send('k', 1, 1)
    driver.close()
    expect(life).toEqual(['init node undefined', 'in 0', 'in 1', 'close'])
  })

  test('a supplier that gives the same processor twice is found out', async () => {
    const one = { process() {} }
    const declare = (): Promise<Rig> => rig((input) => input.process(() => one))
    await declare()
    await expect(declare()).rejects.toThrow(/gave the same processor twice/)
  })
})
