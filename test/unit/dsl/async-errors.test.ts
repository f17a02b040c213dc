import { describe, expect, test } from 'vitest'
import { string, topology } from 'millrace'
import { createTestDriver } from 'millrace/testing'

const serdes = { key: string(), value: string() }
const deadLetterTopic = 'dead'
const refuse = (value: string): string => {
  if (value === 'bad') throw new Error('no')
  return value
}

describe('operators below an asynchronous one', () => {
  test('are tried again with the result that they failed on, and later results wait behind it', async () => {
    let failures = 2
    const metadata: (number | undefined)[] = []
    const app = topology('app', (builder) => {
      builder
        .stream('in', serdes)
        .mapValuesAsync(async (value) => Promise.resolve(value), { order: 'partition' })
        .mapValues(
          (value) => {
            if (value === 'flaky' && failures-- > 0) throw new Error('not yet')
            return value
          },
          { onError: { retry: { attempts: 3, backoff: '1s' }, then: 'fail' } },
        )
        .process(() => ({
          process: (record, context) => {
            metadata.push(context.recordMetadata?.offset)
            context.forward(record)
          },
        }))
        .to('out', serdes)
    })
    const driver = await createTestDriver(app)
    const input = await driver.inputTopic('in', serdes)
    const output = await driver.outputTopic('out', serdes)
    for (const value of ['first', 'flaky', 'last']) input.pipe({ key: 'k', value, timestamp: 0 })
    await driver.settled()
    expect(output.read().map(({ value }) => value)).toEqual(['first'])
    driver.advanceWallClockTime('1s')
    driver.advanceWallClockTime('10s')
    await driver.settled()
    expect(output.read().map(({ value }) => value)).toEqual(['flaky', 'last'])
    expect(metadata).toEqual([0, 1, 2])
  })

  test('cannot park a key, for what is under way above them cannot be held back', async () => {
    const app = topology('app', (builder) => {
      builder
        .stream('in', serdes)
        .mapValuesAsync(async (value) => Promise.resolve(value))
        .mapValues(refuse, { onError: 'park' })
        .to('out', serdes)
    })
    await expect(createTestDriver(app, { deadLetterTopic })).rejects.toThrow(/cannot park.*under way/)
  })
})

describe('onError of an asynchronous operator', () => {
  const once = (onError: 'skip' | 'dead-letter' | 'fail') =>
    topology('app', (builder) => {
      builder
        .stream('in', serdes)
        .mapValuesAsync(async (value) => Promise.resolve(refuse(value)), { onError, order: 'partition' })
        .to('out', serdes)
    })

  test.each([['skip', 0] as const, ['dead-letter', 1] as const])(
    '%s leaves out the record and goes on',
    async (onError, letters) => {
      const driver = await createTestDriver(once(onError), { deadLetterTopic })
      const input = await driver.inputTopic('in', serdes)
      const output = await driver.outputTopic('out', serdes)
      const dead = await driver.outputTopic(deadLetterTopic, serdes)
      for (const value of ['good', 'bad', 'better']) input.pipe({ key: 'k', value, timestamp: 0 })
      await driver.settled()
      expect(output.read().map(({ value }) => value)).toEqual(['good', 'better'])
      expect(dead.read().map(({ value }) => value)).toEqual(Array.from({ length: letters }, () => 'bad'))
    },
  )

  test('dead-letter says how often the call was made', async () => {
    const app = topology('app', (builder) => {
      builder
        .stream('in', serdes)
        .mapValuesAsync(async (value) => Promise.resolve(refuse(value)), {
          onError: 'dead-letter',
          retries: { attempts: 3, backoff: '1s' },
        })
        .to('out', serdes)
    })
    const driver = await createTestDriver(app, { deadLetterTopic })
    const input = await driver.inputTopic('in', serdes)
    const dead = await driver.outputTopic(deadLetterTopic, serdes)
    input.pipe({ key: 'k', value: 'bad', timestamp: 0 })
    for (const wait of ['1s', '10s'] as const) {
      await driver.settled()
      driver.advanceWallClockTime(wait)
    }
    await driver.settled()
    const [letter] = dead.read()
    const attempts = letter!.headers.find(([name]) => name === '__millrace.errors.attempts')
    expect(Buffer.from(attempts![1]!).toString()).toBe('3')
  })

  test('fail stops the task with the place of the record', async () => {
    const driver = await createTestDriver(once('fail'))
    const input = await driver.inputTopic('in', serdes)
    input.pipe({ key: 'k', value: 'bad', timestamp: 0 })
    await expect(driver.settled()).rejects.toMatchObject({ topic: 'in', offset: 0 })
  })

  test('park is a mistake that the types and the topology refuse', () => {
    const declare = () =>
      topology('app', (builder) => {
        builder
          .stream('in', serdes)
          // @ts-expect-error a key cannot be parked here
          .mapValuesAsync(async (value) => Promise.resolve(value), { onError: 'park' })
          .to('out', serdes)
      })
    expect(declare).toThrow(/its onError parks/)
  })
})
