import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OAuth2Server } from 'oauth2-mock-server'
import { startKafka, type KafkaServer } from '../../src/testing/kafka-server.ts'
import { testAuthority, type TestAuthority } from './test-certificates.ts'

export const user = { username: 'app', password: 'its secret=' } as const
const run = promisify(execFile)
const audience = 'kafka'
/** Less than KafkaJS can live with: it renews ten seconds before the end. */
export const sessionMs = 8_000
const jaas = 'org.apache.kafka.common.security'

export interface SecuredKafka {
  /** `host:port` with TLS 1.3 and SASL. */
  readonly address: string
  /** The same, with sessions that end after `sessionMs`. */
  readonly briefAddress: string
  /** `host:port` with TLS 1.3, to anybody. */
  readonly tlsAddress: string
  /** The plain listener. */
  readonly plainAddress: string
  readonly authority: TestAuthority
  /** One that the broker's certificate is not of. */
  readonly stranger: TestAuthority
  /** A token as the broker takes it, unless the claims say otherwise. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>
  stop(): Promise<void>
}

/** A real Kafka that speaks TLS 1.3 only, with every SASL mechanism, and a token server whose keys it fetches. */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secured-'))
  const authority = testAuthority('authority')
  const keystore = join(folder, 'broker.pem')
  writeFileSync(keystore, authority.serverIdentity())
  const tokens = new OAuth2Server()
  await tokens.issuer.keys.generate('RS256')
  await tokens.start(0, '127.0.0.1')
  const issuer = tokens.issuer.url!
  const kafka = await startKafka({
    listeners: { SECURE: 'SASL_SSL', BRIEF: 'SASL_SSL', TLS: 'SSL' },
    jvmOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${issuer}/jwks`],
    properties: {
      ...tlsProperties(keystore),
      ...saslProperties('secure', issuer),
      ...saslProperties('brief', issuer),
      ...brief,
    },
  })
  await addScramUser(kafka)
  return {
    address: kafka.listeners['SECURE']!,
    briefAddress: kafka.listeners['BRIEF']!,
    tlsAddress: kafka.listeners['TLS']!,
    plainAddress: kafka.bootstrap,
    authority,
    stranger: testAuthority('stranger'),
    token: (claims = {}) =>
      tokens.issuer.buildToken({
        expiresIn: 300,
        scopesOrTransform: (_header, payload) => void Object.assign(payload, { sub: 'app', aud: audience, ...claims }),
      }),
    stop: async () => {
      await kafka.stop()
      await tokens.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

function tlsProperties(keystore: string): Record<string, string> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
    'ssl.enabled.protocols': 'TLSv1.3',
    'ssl.protocol': 'TLSv1.3',
  }
}

const brief = { 'listener.name.brief.connections.max.reauth.ms': String(sessionMs) }

function saslProperties(name: string, issuer: string): Record<string, string> {
  const listener = `listener.name.${name}`
  const { username, password } = user
  const plainLogin = `username="broker" password="b" user_${username}="${password}"`
  return {
    // Kafka 4.1's own choice verifies neither signature nor audience: it is a client's (DefaultJwtValidator).
    'sasl.oauthbearer.jwt.validator.class': `${jaas}.oauthbearer.BrokerJwtValidator`,
    'sasl.oauthbearer.jwks.endpoint.url': `${issuer}/jwks`,
    'sasl.oauthbearer.expected.issuer': issuer,
    'sasl.oauthbearer.expected.audience': audience,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${listener}.plain.sasl.jaas.config`]: `${jaas}.plain.PlainLoginModule required ${plainLogin};`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${jaas}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${jaas}.scram.ScramLoginModule required;`,
    [`${listener}.oauthbearer.sasl.jaas.config`]: `${jaas}.oauthbearer.OAuthBearerLoginModule required;`,
    [`${listener}.oauthbearer.sasl.server.callback.handler.class`]: `${jaas}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
  }
}

/** One request for each: Kafka refuses to alter a user twice in one. */
async function addScramUser({ libsDir, bootstrap }: KafkaServer): Promise<void> {
  const tool = ['-cp', join(libsDir, '*'), 'kafka.admin.ConfigCommand', '--bootstrap-server', bootstrap, '--alter']
  const entity = ['--entity-type', 'users', '--entity-name', user.username]
  const add = (mechanism: string): Promise<unknown> =>
    run('java', [...tool, ...entity, '--add-config', `${mechanism}=[password=${user.password}]`])
  await Promise.all(['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(add))
}
