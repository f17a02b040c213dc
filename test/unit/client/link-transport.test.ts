import { expect, test } from 'vitest'
import { ConnectionError } from '../../../src/client/broker-errors.ts'
import { LinkTransport } from '../../../src/client/link-transport.ts'
import { authenticationFailed } from '../../../src/client/network/sasl/authentication-failed.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'

const reasons = [
  [
    'a broker that refuses',
    new ConnectionError('the certificate is not trusted'),
    { code: 'MILLRACE_BROKER_UNREACHABLE', message: expect.stringMatching(/somewhere:9092 \(the certificate is not/) },
  ],
  [
    'a login without a token',
    authenticationFailed('the token server is down', undefined, true),
    { code: 'MILLRACE_AUTHENTICATION_FAILED', message: 'the token server is down' },
  ],
] as const

test.each(reasons)('%s, and at last no answer, ends with the reason that was given', async (_, reason, expected) => {
  const clock = new SimulatedClock()
  let calls = 0
  const connect = async (): Promise<void> => {
    if (++calls <= 2) throw reason
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
  await expect(clock.settle(transport.connect())).rejects.toMatchObject(expected)
  expect(calls).toBeGreaterThan(2)
})
