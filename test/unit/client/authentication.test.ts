import { expect, test } from 'vitest'
import type { SaslConfig } from '../../../src/client/security-config.ts'
import { clientRig, type ClientRig } from '../../support/client-rig.ts'
import { knowing, type Behaviour } from '../../support/scripted-broker.ts'

const plain: SaslConfig = { mechanism: 'plain', username: 'u', password: 'secret-word' }
const nothing = (): void => {}

interface Login {
  /** Null: not answered. */
  readonly errorCode?: number | null
  readonly errorMessage?: string
  readonly sessionLifetimeMs?: number
}

/** A broker with PLAIN; `login` says how the nth login ends. Heartbeats are answered. */
function asking(login: (nth: number) => Login): Behaviour {
  let logins = 0
  return knowing((request, stream) => {
    if (request.api === 'SaslHandshake') stream.answer(request, { errorCode: 0, mechanisms: ['PLAIN'] })
    if (request.api === 'Heartbeat') stream.answer(request, { errorCode: 0 })
    if (request.api !== 'SaslAuthenticate') return
    const { errorCode = 0, errorMessage = null, sessionLifetimeMs = 0 } = login(logins++)
    if (errorCode !== null)
      stream.answer(request, { errorCode, errorMessage, sessionLifetimeMs, authBytes: Buffer.alloc(0) })
  })
}

async function beat(rig: ClientRig): Promise<unknown> {
  rig.transport.learn([{ id: 1, host: 'one', port: 1 }])
  return rig.clock.settle(rig.transport.send(1, 'Heartbeat', { groupId: 'g', generationId: 1, memberId: 'm' }))
}

const names = (rig: ClientRig): readonly string[] => rig.network.streams.at(-1)!.requests.map(({ api }) => api)
const login = ['SaslHandshake', 'SaslAuthenticate']

test('whoever logs in does so after the versions and before everything else', async () => {
  const rig = clientRig(
    asking(() => ({})),
    { sasl: plain },
  )
  await beat(rig).catch(nothing)
  expect(names(rig)).toEqual(['ApiVersions', ...login, 'Heartbeat'])
})

test('refused credentials are an error with the words of the broker, at once, without the password', async () => {
  const rig = clientRig(
    asking(() => ({ errorCode: 58, errorMessage: 'no such user' })),
    { sasl: plain },
  )
  const error = await rig.clock.settle(rig.transport.connect()).catch((caught: Error) => caught)
  expect(error).toMatchObject({ code: 'MILLRACE_AUTHENTICATION_FAILED', retriable: false })
  expect((error as Error).message).toMatch(/one:1 and PLAIN.*no such user/)
  expect((error as Error).message).not.toContain('secret-word')
  expect(rig.clock.monotonic()).toBe(0)
})

test('a mechanism that the broker does not take is an error that names those it takes', async () => {
  const rig = clientRig(
    knowing((request, stream) => {
      if (request.api === 'SaslHandshake')
        stream.answer(request, { errorCode: 33, mechanisms: ['GSSAPI', 'OAUTHBEARER'] })
    }),
    { sasl: plain },
  )
  await expect(rig.clock.settle(rig.transport.connect())).rejects.toMatchObject({
    code: 'MILLRACE_AUTHENTICATION_FAILED',
    message: expect.stringMatching(/does not take PLAIN; it takes GSSAPI, OAUTHBEARER/),
  })
})

test('a session is renewed on its connection before it ends, and nothing goes out in between', async () => {
  const rig = clientRig(
    asking(() => ({ sessionLifetimeMs: 10_000 })),
    { sasl: plain },
  )
  await beat(rig)
  await rig.clock.advance(8_000)
  await beat(rig)
  expect(names(rig)).toEqual(['ApiVersions', ...login, 'Heartbeat', 'Heartbeat'])
  await rig.clock.advance(1_600)
  await rig.clock.settle(Promise.all([beat(rig), beat(rig)]))
  expect(names(rig).slice(5)).toEqual([...login, 'Heartbeat', 'Heartbeat'])
  expect(rig.network.streams).toHaveLength(1)
})

test('a session that ended while nothing was sent is renewed before the next request', async () => {
  const rig = clientRig(
    asking(() => ({ sessionLifetimeMs: 10_000 })),
    { sasl: plain },
  )
  await beat(rig)
  await rig.clock.advance(60_000)
  await beat(rig)
  expect(names(rig)).toEqual(['ApiVersions', ...login, 'Heartbeat', ...login, 'Heartbeat'])
})

test('a renewal that is refused is the error of all that waits for it', async () => {
  const rig = clientRig(
    asking((nth) => (nth === 0 ? { sessionLifetimeMs: 10_000 } : { errorCode: 58 })),
    { sasl: plain },
  )
  await beat(rig)
  await rig.clock.advance(9_600)
  const outcomes = await rig.clock.settle(Promise.allSettled([beat(rig), beat(rig)]))
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'MILLRACE_AUTHENTICATION_FAILED' } })
})

test('a renewal that is not answered ends the connection like any request', async () => {
  const rig = clientRig(
    asking((nth) => (nth === 0 ? { sessionLifetimeMs: 10_000 } : { errorCode: null })),
    { sasl: plain },
  )
  await beat(rig)
  await rig.clock.advance(9_600)
  await expect(beat(rig)).rejects.toMatchObject({ code: 'MILLRACE_BROKER_UNREACHABLE', retriable: true })
})

test('a provider of tokens that hangs or fails is asked again until the request time-out, and the error says so', async () => {
  const token = { calls: 0 }
  const sasl: SaslConfig = {
    mechanism: 'oauthbearer',
    oauthBearerProvider: () => {
      token.calls++
      return token.calls === 1 ? new Promise(() => {}) : Promise.reject(new Error('token server: 503'))
    },
  }
  const rig = clientRig(
    asking(() => ({})),
    { sasl },
  )
  await expect(rig.clock.settle(rig.transport.connect())).rejects.toMatchObject({
    code: 'MILLRACE_AUTHENTICATION_FAILED',
    message: expect.stringContaining('token server: 503'),
  })
  expect(token.calls).toBeGreaterThan(5)
})
