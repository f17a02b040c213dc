/* SASL sessions that end, and are renewed on the connection in use (KIP-368). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Broker } from '../../../../src/broker/broker.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import type { ResponseOf } from '../../../../src/protocol/messages/messages.ts'
import type { BrokerClient } from '../../../support/broker-client.ts'
import { SimulatedClock } from '../../../support/simulated-clock.ts'
import { connectTo, newTestBroker } from '../../../support/test-broker.ts'

const sessionMs = 60_000
let clock: SimulatedClock
let broker: Broker
let client: BrokerClient

beforeEach(() => {
  clock = new SimulatedClock()
  broker = newTestBroker({ clock, sasl: { oauthBearer: 'unsecured', users: { alice: 'secret' } } })
  client = connectTo(broker)
})
afterEach(() => broker.close())

/** An unsigned token (JWS) that ends when the session shall end. */
function tokenOf(name: string): Buffer {
  const claims = { sub: name, exp: (clock.now() + sessionMs) / 1000 }
  const [header, body] = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return Buffer.from(`n,,\u0001auth=Bearer ${header}.${body}.\u0001\u0001`)
}

async function authenticate(name: string): Promise<ResponseOf<'SaslAuthenticate'>> {
  const { errorCode } = await client.send('SaslHandshake', 1, { mechanism: 'OAUTHBEARER' })
  expect(errorCode).toBe(0)
  return client.send('SaslAuthenticate', 1, { authBytes: tokenOf(name) })
}

const ask = (): Promise<unknown> => client.send('Metadata', 9, { topics: null })

test('the answer says how long a session lasts; when it is over and was not renewed, the next request closes the connection', async () => {
  expect(await authenticate('alice')).toMatchObject({ errorCode: 0, sessionLifetimeMs: sessionMs })
  await clock.advance(sessionMs - 1)
  await ask()
  await clock.advance(1)
  await expect(ask()).rejects.toThrow('closed')
})

test('who authenticates again on the connection in use goes on, as often as it likes', async () => {
  for (let renewals = 0; renewals < 3; renewals++) {
    expect(await authenticate('alice')).toMatchObject({ errorCode: 0, sessionLifetimeMs: sessionMs })
    await ask()
    await clock.advance(sessionMs * 0.9)
    await ask()
  }
  await clock.advance(sessionMs)
  await expect(ask()).rejects.toThrow('closed')
})

test('a session that is over can still be renewed, as long as nothing else is asked', async () => {
  await authenticate('alice')
  await clock.advance(sessionMs * 2)
  expect((await authenticate('alice')).errorCode).toBe(0)
  await ask()
})

test('who authenticates again as somebody else is refused, and the connection is closed', async () => {
  await authenticate('alice')
  const answer = await authenticate('bob')
  expect(answer.errorCode).toBe(kafkaError.SASL_AUTHENTICATION_FAILED)
  expect(answer.errorMessage).toContain('Cannot change principals')
  await client.closed
})

test('passwords give a session without an end', async () => {
  await client.send('SaslHandshake', 1, { mechanism: 'PLAIN' })
  const answer = await client.send('SaslAuthenticate', 1, { authBytes: Buffer.from('\0alice\0secret') })
  expect(answer).toMatchObject({ errorCode: 0, sessionLifetimeMs: 0 })
  await clock.advance(24 * 3_600_000)
  await ask()
})
