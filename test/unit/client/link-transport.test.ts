import { expect, test } from 'vitest'
import { ConnectionError } from '../../../src/client/broker-errors.ts'
import { LinkTransport } from '../../../src/client/link-transport.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'

test('a broker that refuses, and at last does not answer, is unreachable for the reason that it gave', async () => {
  const clock = new SimulatedClock()
  let calls = 0
  const connect = async (): Promise<void> => {
    if (++calls <= 2) throw new ConnectionError('the certificate is not trusted')
    return new Promise<never>(() => {})
  }
  const transport = new LinkTransport({
    addresses: ['somewhere:9092'],
    clock,
    random: seededRandom(1),
    requestTimeoutMs: 1_000,
    openLink: () => ({
      ranges: undefined,
      isConnected: false,
      connect,
      send: () => Promise.reject(new Error('it was never connected')),
      close: () => {},
    }),
  })
  await expect(clock.settle(transport.connect())).rejects.toMatchObject({
    code: 'MILLRACE_BROKER_UNREACHABLE',
    message: expect.stringMatching(/somewhere:9092 \(the certificate is not trusted\)/),
  })
  expect(calls).toBeGreaterThan(2)
})
