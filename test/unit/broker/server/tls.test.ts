import { connect as connectPlain } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'
import { Kafka, logLevel } from 'kafkajs'
import { startBroker, type EmbeddedBroker, type StartBrokerOptions } from 'millrace/testing'
import { afterEach, expect, test } from 'vitest'
import { ownPort } from '../../../../src/client/own-port.ts'
import { systemClock } from '../../../../src/core/system-clock.ts'
import { systemRandom } from '../../../../src/core/system-random.ts'
import { BrokerClient } from '../../../support/broker-client.ts'
import { testAuthority } from '../../../support/test-certificates.ts'

const authority = testAuthority('authority')
const stranger = testAuthority('stranger')
const identity = authority.serverIdentity()
let broker: EmbeddedBroker

afterEach(() => broker.stop())

async function start(options: StartBrokerOptions & { readonly clientCa?: string } = {}): Promise<void> {
  const { clientCa, ...rest } = options
  const tls = { key: identity, cert: identity, ...(clientCa !== undefined && { clientCa }) }
  broker = await startBroker({ inProcess: true, port: 0, topics: ['a'], ...rest, tls })
}

async function topicsSeenBy(options: ConnectionOptions): Promise<unknown[]> {
  const client = new BrokerClient(connect({ host: broker.host, port: broker.port, ...options }))
  try {
    return (await client.send('Metadata', 9, { topics: null })).topics.map(({ name }) => name)
  } finally {
    client.close()
  }
}

test('a client that trusts the authority is served; one that does not, or speaks no TLS, is not', async () => {
  await start()
  expect(await topicsSeenBy({ ca: authority.certificate })).toEqual(['a'])
  await expect(topicsSeenBy({ ca: stranger.certificate })).rejects.toThrow('closed')
  const plain = new BrokerClient(connectPlain(broker.port, broker.host))
  await expect(plain.send('Metadata', 9, { topics: null })).rejects.toThrow('closed')
  expect(await topicsSeenBy({ ca: authority.certificate })).toEqual(['a'])
})

test('where clients need a certificate, those without one or with one of a stranger are not served', async () => {
  await start({ clientCa: authority.certificate })
  const ca = authority.certificate
  await expect(topicsSeenBy({ ca })).rejects.toThrow('closed')
  const foreign = stranger.serverIdentity()
  await expect(topicsSeenBy({ ca, key: foreign, cert: foreign })).rejects.toThrow('closed')
  expect(await topicsSeenBy({ ca, key: identity, cert: identity })).toEqual(['a'])
})

test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
  'our client says by %s over TLS who it is; with a wrong password it is refused',
  async (mechanism) => {
    await start({ sasl: { users: { alice: 'secret' } } })
    const topicsOf = async (password: string): Promise<unknown> => {
      const admin = ownPort({
        brokers: [broker.bootstrap],
        clientId: 'own',
        clock: systemClock,
        random: systemRandom,
        requestTimeoutMs: 30_000,
        connectionTimeoutMs: 30_000,
        ssl: { ca: authority.certificate },
        sasl: { mechanism, username: 'alice', password },
      }).admin()
      try {
        await admin.connect()
        return await admin.partitionCounts(['a'])
      } finally {
        await admin.close()
      }
    }
    expect(await topicsOf('secret')).toEqual(new Map([['a', 1]]))
    await expect(topicsOf('wrong')).rejects.toMatchObject({ code: 'MILLRACE_AUTHENTICATION_FAILED' })
  },
)

test('KafkaJS says by SCRAM over TLS who it is', async () => {
  await start({ sasl: { users: { alice: 'secret' } } })
  const kafka = new Kafka({
    brokers: [broker.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ssl: { ca: authority.certificate },
    sasl: { mechanism: 'scram-sha-512', username: 'alice', password: 'secret' },
  })
  const admin = kafka.admin()
  await admin.connect()
  expect(await admin.listTopics()).toEqual(['a'])
  await admin.disconnect()
})

test('a key or a certificate that cannot be used is an error that says so', async () => {
  await start()
  await expect(startBroker({ inProcess: true, port: 0, tls: { key: 'no key', cert: identity } })).rejects.toThrow(
    'the key or the certificate cannot be used',
  )
})
