import { expect, test } from 'vitest'
import { messages, type ApiName } from '../../../src/protocol/messages/messages.ts'
import { clientRig } from '../../support/client-rig.ts'
import { allVersions, knowing, type Behaviour } from '../../support/scripted-broker.ts'

const nothing = (): void => {}

/** A broker like ours but for one request. */
function rangesWith(api: ApiName, minVersion: number, maxVersion: number): typeof allVersions {
  const { key } = messages[api]
  return allVersions.map((range) => (range.apiKey === key ? { apiKey: key, minVersion, maxVersion } : range))
}

const older =
  (versionMax: number, told: boolean): Behaviour =>
  (request, stream) => {
    if (request.api !== 'ApiVersions') return
    if (request.version <= versionMax) return stream.answer(request, { errorCode: 0, apiKeys: allVersions })
    const range = { apiKey: messages.ApiVersions.key, minVersion: 0, maxVersion: versionMax }
    stream.answer({ ...request, version: 0 }, { errorCode: 35, apiKeys: told ? [range] : [] })
  }

test.each([
  ['that says what it knows', older(2, true), 2],
  ['that is too old to say it', older(0, false), 0],
])('an older broker %s is asked again in its words (KIP-511)', async (_what, behaviour, version) => {
  const rig = clientRig(behaviour)
  await rig.clock.settle(rig.transport.connect())
  expect(rig.network.streams).toHaveLength(1)
  expect(rig.network.streams[0]!.requests.map((request) => request.version)).toEqual([4, version])
})

test('the newest version that both know is used, or less when asked', async () => {
  const rig = clientRig(knowing(nothing, rangesWith('Heartbeat', 0, 3)))
  await rig.clock.settle(rig.transport.connect())
  rig.transport.learn([{ id: 1, host: 'one', port: 1 }])
  expect(rig.transport.versionOf(1, 'Heartbeat')).toBe(3)
  expect(rig.transport.versionOf('any', 'Fetch')).toBe(12)
  const request = { groupId: 'g', generationId: 1, memberId: 'm' }
  void rig.transport.send(1, 'Heartbeat', request).catch(nothing)
  void rig.transport.send(1, 'Heartbeat', request, { versionMax: 1 }).catch(nothing)
  const sent: number[] = []
  void rig.transport
    .send(1, 'Heartbeat', (version) => {
      sent.push(version)
      return request
    })
    .catch(nothing)
  await rig.clock.runUntil(() => rig.network.streams[0]!.requests.length === 4)
  expect(rig.network.streams[0]!.requests.slice(1).map(({ version }) => version)).toEqual([3, 1, 3])
  expect(sent).toEqual([3])
})

test.each([
  [
    'too old',
    rangesWith('Fetch', 0, 3),
    /one:1 is too old: it knows Fetch up to version 3, Millrace needs 4.*Upgrade Kafka/,
  ],
  [
    'too new',
    rangesWith('Produce', 90, 99),
    /one:1 is too new: it knows Produce from version 90 on, Millrace up to 11.*Upgrade Millrace/,
  ],
  ['without a request', allVersions.filter(({ apiKey }) => apiKey !== 10), /too old: it does not know FindCoordinator/],
])('a broker that is %s is told at once, in a sentence', async (_what, apiKeys, message) => {
  const rig = clientRig(knowing(nothing, apiKeys))
  await expect(rig.clock.settle(rig.transport.connect())).rejects.toMatchObject({
    code: 'MILLRACE_BROKER_FAILED',
    retriable: false,
    message: expect.stringMatching(message),
  })
  expect(rig.clock.monotonic()).toBe(0)
})
