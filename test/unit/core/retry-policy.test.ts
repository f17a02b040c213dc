import { expect, test } from 'vitest'
import { durationMs } from '../../../src/core/duration.ts'
import {
  noRetries,
  retryDelayMs,
  retryPolicy,
  retryProblems,
  type RetryOptions,
} from '../../../src/core/retry-policy.ts'

const read = (options: RetryOptions): ReturnType<typeof retryPolicy> => retryPolicy(options, 'x', durationMs)
const waits = (options: RetryOptions, count: number): number[] =>
  Array.from({ length: count }, (_, index) => retryDelayMs(read(options), index + 1))

test('without more than a number of attempts it waits 100 ms, then twice as long each time, up to 10 s', () => {
  expect(waits({ attempts: 10 }, 9)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
})

test('every number of it can be set', () => {
  expect(waits({ attempts: 5, backoff: '1s', multiplier: 3, maxBackoff: '20s' }, 4)).toEqual([
    1_000, 3_000, 9_000, 20_000,
  ])
  expect(waits({ attempts: 5, backoff: 50, multiplier: 1 }, 3)).toEqual([50, 50, 50])
})

test('a backoff above the usual longest wait is the longest wait itself', () => {
  expect(waits({ attempts: 3, backoff: '1m' }, 2)).toEqual([60_000, 60_000])
})

test('a wait stays a number however often it was tried', () => {
  expect(waits({ attempts: 5_000, backoff: 0 }, 5_000).at(-1)).toBe(0)
  expect(waits({ attempts: 5_000 }, 5_000).at(-1)).toBe(10_000)
})

test('what cannot be meant is said, all of it', () => {
  const wrong = read({ attempts: 0, backoff: -1, maxBackoff: '-2s', multiplier: 0.5 })
  expect(retryProblems(wrong, 'ask').map(({ path, problem }) => `${path}: ${problem}`)).toEqual([
    'ask: attempts of retries is 0',
    'ask: backoff of retries is -1 ms',
    'ask: maxBackoff of retries is -2000 ms',
    'ask: multiplier of retries is 0.5',
  ])
})

test.each([
  [{ attempts: 1.5 }, 'attempts'],
  [{ attempts: Number.NaN }, 'attempts'],
  [{ attempts: 2, backoff: '1m', maxBackoff: '1s' }, 'maxBackoff'],
  [{ attempts: 2, multiplier: Infinity }, 'multiplier'],
  [{ attempts: 2, multiplier: Number.NaN }, 'multiplier'],
] as const)('%j is refused', (options, what) => {
  expect(retryProblems(read(options), 'ask').map(({ problem }) => problem.split(' ')[0])).toEqual([what])
})

test('a duration that could not be read is not blamed twice', () => {
  const asked: string[] = []
  const unread = retryPolicy({ attempts: 2, backoff: 'soon' as '1s' }, 'x', (duration, what) => {
    asked.push(what)
    return typeof duration === 'number' && !Number.isNaN(duration) ? duration : Number.NaN
  })
  expect(asked).toEqual(['backoff of x', 'maxBackoff of x'])
  expect(unread.maxBackoffMs).toBe(10_000)
  expect(retryProblems(unread, 'ask')).toEqual([])
})

test('no retries is a policy without problems', () => {
  expect(retryProblems(noRetries, 'ask')).toEqual([])
})
