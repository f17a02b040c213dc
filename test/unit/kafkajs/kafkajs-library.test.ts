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

test('requests that find a connection closed share one attempt, and a failed one is not kept', async () => {
  const { getConnection } = require('kafkajs/src/network/connectionPool').prototype
  let attempts = 0
  let connected = false
  const connection = {
    isConnected: () => connected,
    connect: async () => {
      if (++attempts === 1) throw new Error('refused')
      connected = true
    },
  }
  const pool = { pool: [connection] }
  const first = await Promise.allSettled([getConnection.call(pool), getConnection.call(pool, 0)])
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(attempts).toBe(1)
  expect(await Promise.all([getConnection.call(pool), getConnection.call(pool)])).toEqual([connection, connection])
  expect(attempts).toBe(2)
})
