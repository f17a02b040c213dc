import { expect, test } from 'vitest'
import { durationMs, type Duration } from '../../../src/core/duration.ts'

test.each<[Duration, number]>([
  [0, 0],
  [-5, -5],
  ['250ms', 250],
  ['5s', 5_000],
  ['10m', 600_000],
  ['1.5h', 5_400_000],
  ['-1h', -3_600_000],
  ['7d', 604_800_000],
])('%s is %d ms', (duration, ms) => {
  expect(durationMs(duration, 'it')).toBe(ms)
})

test.each([[0.5], ['0.5ms'], [Number.NaN], [Infinity], [2 ** 53], ['5'], ['5 m'], ['m'], [''], ['5w'], ['1e3s']])(
  '%s is no duration',
  (duration) => {
    const shown = typeof duration === 'string' ? `"${duration}"` : duration
    expect(() => durationMs(duration as Duration, 'grace of x')).toThrow(`grace of x: ${shown} is not a duration`)
  },
)
