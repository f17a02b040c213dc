import { expect, test, vi } from 'vitest'
import { saslMechanism } from '../../../src/client/network/sasl/sasl-mechanism.ts'
import type { SaslConfig } from '../../../src/client/security-config.ts'
import { systemNonce } from '../../../src/core/system-random.ts'

/** Talks to a peer that says the given texts, and returns what it was told. */
async function converse(config: SaslConfig, answers: readonly string[], nonce = ''): Promise<readonly string[]> {
  const told: string[] = []
  const talk = await saslMechanism(config, () => nonce).prepare()
  await talk(async (bytes) => {
    told.push(bytes.toString())
    return Buffer.from(answers[told.length - 1] ?? '')
  })
  return told
}

const pencil: SaslConfig = { mechanism: 'scram-sha-256', username: 'user', password: 'pencil' }
const nonce = 'rOprNGfwEbeRWgbNEkqO'
const serverFirst = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

test('SCRAM-SHA-256 says what RFC 7677 has as its example', async () => {
  expect(await converse(pencil, [serverFirst, serverFinal], nonce)).toEqual([
    `n,,n=user,r=${nonce}`,
    `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  ])
})

test.each([
  ['a false signature', [serverFirst, `v=${Buffer.alloc(32).toString('base64')}`], /does not know the password/],
  ['no signature', [serverFirst, ''], /does not know the password/],
  ['an error instead of a signature', [serverFirst, 'e=unknown-user'], /unknown-user/],
  ["somebody else's nonce", [serverFirst.replace(nonce, 'other'), serverFinal], /nonce/],
  ['a nonce to which the broker added nothing', [`r=${nonce},s=AAAA,i=4096`, serverFinal], /nonce/],
  ['too few iterations', [serverFirst.replace('4096', '1'), serverFinal], /wants 1 iterations/],
  ['iterations for hours', [serverFirst.replace('4096', '2000000000'), serverFinal], /iterations/],
  ['no iterations', [serverFirst.replace(',i=4096', ''), serverFinal], /iterations/],
])('SCRAM refuses a broker with %s', async (_what, answers, message) => {
  await expect(converse(pencil, answers, nonce)).rejects.toThrow(message)
})

test('SCRAM writes = and , in names as the protocol wants it', async () => {
  const told = converse({ ...pencil, username: 'a=b,c' }, [serverFirst, serverFinal], nonce)
  // The example's signature is another user's.
  await expect(told).rejects.toThrow(/signature/)
  const talk = await saslMechanism({ ...pencil, username: 'a=b,c' }, () => 'n').prepare()
  const exchange = vi.fn(async (_bytes: Buffer): Promise<Buffer> => Buffer.from('e=stop'))
  await expect(talk(exchange)).rejects.toThrow('stop')
  expect(exchange.mock.calls[0]![0].toString()).toBe('n,,n=a=3Db=2Cc,r=n')
})

test('a nonce differs each time and holds no comma', () => {
  const nonces = Array.from({ length: 100 }, systemNonce)
  expect(new Set(nonces).size).toBe(100)
  expect(nonces.filter((each) => each.includes(',') || each.length < 24)).toEqual([])
})

test('PLAIN says name and password once', async () => {
  expect(await converse({ mechanism: 'plain', username: 'u', password: 'p' }, [])).toEqual(['\0u\0p'])
})

const oauth = (token: unknown): SaslConfig =>
  ({ mechanism: 'oauthbearer', oauthBearerProvider: async () => token }) as SaslConfig

test('OAUTHBEARER says the token and its extensions', async () => {
  expect(await converse(oauth({ value: 'abc.def' }), [''])).toEqual(['n,,\u0001auth=Bearer abc.def\u0001\u0001'])
  const extended = { value: 't', extensions: { tenant: 'a b', region: 'x' } }
  expect(await converse(oauth(extended), [''])).toEqual([
    'n,,\u0001auth=Bearer t\u0001tenant=a b\u0001region=x\u0001\u0001',
  ])
})

test('OAUTHBEARER: a rejected token is an error with the words of the broker, after the answer that the protocol wants', async () => {
  const told: string[] = []
  const talk = await saslMechanism(oauth({ value: 't' }), systemNonce).prepare()
  const talking = talk(async (bytes) => {
    told.push(bytes.toString())
    if (told.length === 2) throw new Error('SASL_AUTHENTICATION_FAILED')
    return Buffer.from('{"status":"invalid_token"}')
  })
  await expect(talking).rejects.toThrow('the token was rejected: {"status":"invalid_token"}')
  expect(told.at(-1)).toBe('\u0001')
})

test.each([
  ['nothing', undefined],
  ['no value', {}],
  ['a token that would leave its place', { value: 'abc\u0001auth=Bearer other' }],
  ['an extension of the name that the token has', { value: 't', extensions: { auth: 'x' } }],
  ['an extension that would leave its place', { value: 't', extensions: { a: '\u0001b=c' } }],
])('OAUTHBEARER: a provider that gives %s is told so, and no token is shown', async (_what, token) => {
  const preparing = saslMechanism(oauth(token), systemNonce).prepare()
  await expect(preparing).rejects.toMatchObject({
    code: 'MILLRACE_AUTHENTICATION_FAILED',
    retriable: false,
    message: expect.not.stringContaining('abc'),
  })
})
