import { createRequire } from 'node:module'
import { expect, test, vi } from 'vitest'
import '../../../src/kafkajs/kafkajs-library.ts'

const require = createRequire(import.meta.url)

test('KafkaJS is the version whose inside we know', () => {
  expect(require('kafkajs/package.json').version).toBe('2.2.4')
})

test('an idle connection arms no timer, a waiting request does', () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue')
  const logger = { debug: () => {} }
  const queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'c', broker: 'b', logger })
  const arm = vi.spyOn(globalThis, 'setTimeout')
  queue.checkPendingRequests()
  expect(arm).not.toHaveBeenCalled()
  queue.pending.push({})
  queue.inflight.set(1, {})
  queue.scheduleCheckPendingRequests()
  expect(arm).toHaveBeenCalledOnce()
  arm.mockRestore()
  queue.destroy()
})
