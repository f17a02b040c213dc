import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/system-clock.ts'

test.each([0.9, 5.9, 30])('a timer of %d ms comes no earlier', async (delayMs) => {
  await systemClock.yield()
  const begun = performance.now()
  while (performance.now() - begun < 40) continue
  const setAt = systemClock.monotonic()
  await new Promise<void>((resolve) => void systemClock.setTimer(delayMs, resolve))
  expect(systemClock.monotonic() - setAt).toBeGreaterThanOrEqual(delayMs)
})
