import type { Socket } from 'node:net'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import type { Broker } from '../../../../src/broker/broker.ts'
import type { SaslOptions } from '../../../../src/broker/server/sasl/sasl-options.ts'
import { connectTo, newTestBroker } from '../../../support/test-broker.ts'

let broker: Broker
afterEach(() => broker.close())

const users = { alice: 'secret', 'a,b=c': 'pass,=word' }

async function listTopics(offered: SaslOptions, sasl: SASLOptions): Promise<string[]> {
  broker = newTestBroker({ sasl: offered })
  const kafka = new Kafka({
    brokers: ['in-process:9092'],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    sasl,
    socketFactory: ({ onConnect }) => {
      const end = broker.connect()
      setImmediate(onConnect)
      return end as unknown as Socket
    },
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

const unsigned = (claims: object): string =>
  `${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`

describe('KafkaJS says who it is', () => {
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
  test.each(mechanisms)('by %s', async (mechanism) => {
    expect(await listTopics({ users }, { mechanism, username: 'alice', password: 'secret' })).toEqual([])
  })

  test.each(mechanisms)('by %s, with signs in name and password that the mechanism uses itself', async (mechanism) => {
    const sasl = { mechanism, username: 'a,b=c', password: 'pass,=word' }
    expect(await listTopics({ users }, sasl)).toEqual([])
  })

  test.each(mechanisms)('by %s, with a wrong password or an unknown name: it is refused', async (mechanism) => {
    await expect(listTopics({ users }, { mechanism, username: 'alice', password: 'wrong' })).rejects.toThrow()
    await broker.close()
    await expect(listTopics({ users }, { mechanism, username: '__proto__', password: 'x' })).rejects.toThrow()
  })

  test('by an unsigned token', async () => {
    const value = unsigned({ sub: 'alice', exp: Math.ceil(Date.now() / 1000) + 3600 })
    const oauthBearerProvider = async (): Promise<{ value: string }> => ({ value })
    expect(await listTopics({ oauthBearer: 'unsecured' }, { mechanism: 'oauthbearer', oauthBearerProvider })).toEqual(
      [],
    )
  })

  test('by a token that has ended: it is refused', async () => {
    const oauthBearerProvider = async (): Promise<{ value: string }> => ({ value: unsigned({ sub: 'alice', exp: 1 }) })
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider } as const
    await expect(listTopics({ oauthBearer: 'unsecured' }, sasl)).rejects.toThrow()
  })
})

test('without saying who one is nothing but ApiVersions is answered', async () => {
  broker = newTestBroker({ sasl: { users } })
  const client = connectTo(broker)
  expect((await client.send('ApiVersions', 3, {})).errorCode).toBe(0)
  await expect(client.send('Metadata', 9, { topics: null })).rejects.toThrow('closed')
})
