/* TLS 1.3 and every SASL mechanism, on a real Kafka, for both ways to the brokers. */
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTls } from '../../src/client/network/node-streams.ts'
import { ownPort, type OwnPortOptions } from '../../src/client/own-port.ts'
import type { SaslConfig } from '../../src/client/security-config.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { systemRandom } from '../../src/core/system-random.ts'
import { kafkajsPort } from '../../src/kafkajs/kafkajs-port.ts'
import type { KafkaPort } from '../../src/runtime/port.ts'
import {
  consumerOptions,
  createTopic,
  hangMs,
  hearing,
  numbered,
  outgoing,
  pollUntil,
  producerOptions,
  write,
  type PortUnderTest,
} from '../conformance/port/port-under-test.ts'
import { sessionMs, startSecuredKafka, user, type SecuredKafka } from '../support/secured-kafka.ts'

const surroundings = {
  clientId: 'secured',
  clock: systemClock,
  random: systemRandom,
  // What is tried again and never works takes as long.
  requestTimeoutMs: 10_000,
  connectionTimeoutMs: 10_000,
}
const refused = { code: 'MILLRACE_AUTHENTICATION_FAILED', retriable: false }

let kafka: SecuredKafka

beforeAll(async () => {
  kafka = await startSecuredKafka()
})
afterAll(() => kafka?.stop())

const clients = { 'our own client': ownPort, 'the client on KafkaJS': kafkajsPort } as const

type Options = Omit<OwnPortOptions, keyof typeof surroundings | 'brokers'> &
  Partial<Pick<OwnPortOptions, 'brokers' | 'requestTimeoutMs' | 'random'>>

const oauthBearer = (token: () => Promise<string>): SaslConfig => ({
  mechanism: 'oauthbearer',
  oauthBearerProvider: async () => ({ value: await token() }),
})

const logins: readonly (readonly [string, () => SaslConfig, () => SaslConfig])[] = [
  ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).map(
    (mechanism) =>
      [mechanism, () => ({ mechanism, ...user }), () => ({ mechanism, ...user, password: 'wrong' })] as const,
  ),
  ['oauthbearer', () => oauthBearer(() => kafka.token()), () => oauthBearer(() => kafka.token({ aud: 'others' }))],
]

describe.each(Object.entries(clients))('%s', (_, open) => {
  const portWith = (options: Options): KafkaPort =>
    open({
      ...surroundings,
      brokers: [kafka.address],
      ssl: { ca: kafka.authority.certificate },
      ...options,
    })

  describe.each(logins)('%s', (_mechanism, good, bad) => {
    test('good credentials: topics are made, written and read, over TLS 1.3', async () => {
      const under = { port: portWith({ sasl: good() }) } as PortUnderTest
      const topic = await createTopic(under, 2)
      await write(under, [...numbered(topic, 0, 20), ...numbered(topic, 1, 20)])
      const consumer = under.port.consumer(consumerOptions())
      await consumer.subscribe([topic], hearing())
      expect(await pollUntil(consumer, (seen) => seen.length === 40)).toHaveLength(40)
      await consumer.close()
    })

    test('bad credentials are an error that says so, at once', async () => {
      const start = performance.now()
      const admin = portWith({ sasl: bad(), requestTimeoutMs: 2 * hangMs }).admin()
      await expect(admin.connect()).rejects.toMatchObject(refused)
      expect(performance.now() - start).toBeLessThan(hangMs)
    })
  })

  test('a rejected token is an error with the words of the broker', async () => {
    const admin = portWith({ sasl: oauthBearer(() => kafka.token({ aud: 'others' })) }).admin()
    await expect(admin.connect()).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/rejected.*invalid_token/),
    })
  })

  test('a provider that gives no token is asked again until it gives one', async () => {
    let calls = 0
    const token = async (): Promise<string> => {
      if (++calls <= 3) throw new Error('the token server is down')
      return kafka.token()
    }
    const admin = portWith({ sasl: oauthBearer(token), requestTimeoutMs: 2 * hangMs }).admin()
    await admin.connect()
    await admin.close()
    expect(calls).toBeGreaterThan(3)
  })

  test('a provider that never gives a token is an error that says so', async () => {
    const token = async (): Promise<never> => {
      throw new Error('the token server is down')
    }
    await expect(
      portWith({ sasl: oauthBearer(token) })
        .admin()
        .connect(),
    ).rejects.toMatchObject({
      code: 'MILLRACE_AUTHENTICATION_FAILED',
      message: expect.stringContaining('the token server is down'),
    })
  })

  test('TLS without a login', async () => {
    const admin = portWith({ brokers: [kafka.tlsAddress] }).admin()
    await admin.connect()
    await admin.close()
  })

  test('a broker whose certificate is of another authority is not trusted', async () => {
    const admin = portWith({ brokers: [kafka.tlsAddress], ssl: { ca: kafka.stranger.certificate } }).admin()
    await expect(admin.connect()).rejects.toMatchObject({
      name: 'BrokerError',
      message: expect.stringMatching(/certificate/),
    })
  })
})

test('TLS 1.2 is refused', async () => {
  const [host, port] = kafka.tlsAddress.split(':')
  const ca = kafka.authority.certificate
  const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: host!, port: Number(port), ca, maxVersion }, () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.once('error', reject)
    })
  await expect(handshake('TLSv1.2')).rejects.toThrow(/version/)
  expect(await handshake('TLSv1.3')).toBe('TLSv1.3')
})

describe('our own client says what is wrong', () => {
  const portWith = (options: Options): KafkaPort => ownPort({ ...surroundings, brokers: [kafka.address], ...options })
  const ssl = (): { ca: string } => ({ ca: kafka.authority.certificate })

  test.each([
    [
      'a certificate of a stranger',
      () => ({ ssl: { ca: kafka.stranger.certificate } }),
      { ...refused, message: /not trusted/ },
    ],
    ['no TLS where it is wanted', () => ({ brokers: [kafka.tlsAddress] }), { message: /TLS/ }],
    ['TLS where none is spoken', () => ({ brokers: [kafka.plainAddress], ssl: ssl() }), { message: /SSL|TLS/i }],
    ['no login where one is wanted', () => ({ ssl: ssl() }), { message: /SASL/ }],
  ] as const)('%s', async (_what, options, { message, ...facts }) => {
    await expect(portWith(options()).admin().connect()).rejects.toMatchObject({
      ...facts,
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['scram-sha-512', (count: () => void): SaslConfig => (count(), { mechanism: 'scram-sha-512', ...user })],
    ['oauthbearer', (count: () => void): SaslConfig => oauthBearer(() => (count(), kafka.token()))],
  ] as const)('the session is renewed on the same connection before it ends: %s', async (mechanism, login) => {
    let tokens = 0
    let streams = 0
    const open = openTls(ssl())
    const under = {
      port: portWith({
        brokers: [kafka.briefAddress],
        sasl: login(() => tokens++),
        // Renews as early as it ever does: a busy machine has the rest of the session for it.
        random: () => 0,
        openStream: (...args) => (streams++, open(...args)),
      }),
    } as PortUnderTest
    const topic = await createTopic(under, 1)
    const producer = under.port.producer(producerOptions())
    await producer.connect()
    const before = { tokens, streams }
    const failures: Error[] = []
    const end = performance.now() + 2.5 * sessionMs
    let sent = 0
    while (performance.now() < end) {
      producer.send(outgoing(topic, 0, String(sent++)), (_record, error) => failures.push(error))
      await producer.flush()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await producer.close()
    expect(failures).toEqual([])
    expect(streams).toBe(before.streams)
    if (mechanism === 'oauthbearer') expect(tokens - before.tokens).toBeGreaterThanOrEqual(2)
    const admin = under.port.admin()
    await admin.connect()
    expect(await admin.offsets(topic)).toEqual([{ partition: 0, low: 0, high: sent }])
    await admin.close()
  })
})
