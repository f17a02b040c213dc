import { expect, test } from 'vitest'
import type { AnyRequest } from '../../../src/protocol/messages/request.ts'
import { encodeResponse } from '../../../src/protocol/messages/response.ts'
import type { ResponseOf } from '../../../src/protocol/messages/messages.ts'
import type { Channel, Transport } from '../../../src/client/transport.ts'
import { clientRig, requestsOf, type ClientRig } from '../../support/client-rig.ts'
import { knowing, type ScriptedStream } from '../../support/scripted-broker.ts'

const nothing = (): void => {}
const unreachable = { code: 'MILLRACE_BROKER_UNREACHABLE', retriable: true }

function beat(transport: Transport, memberId = 'm', channel: Channel = 'main'): Promise<ResponseOf<'Heartbeat'>> {
  return transport.send(1, 'Heartbeat', { groupId: 'g', generationId: 1, memberId }, { channel })
}

async function connected(rig: ClientRig): Promise<ScriptedStream> {
  await rig.clock.settle(rig.transport.connect())
  rig.transport.learn([{ id: 1, host: 'one', port: 1 }])
  return rig.network.streams[0]!
}

function heartbeats(stream: ScriptedStream): readonly (AnyRequest & { api: 'Heartbeat' })[] {
  return requestsOf(stream, 'Heartbeat') as readonly (AnyRequest & { api: 'Heartbeat' })[]
}

test('requests go out without waiting, and each gets its answer', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  const beats = ['a', 'b', 'c'].map((member) => beat(rig.transport, member))
  await rig.clock.runUntil(() => heartbeats(stream).length === 3)
  expect(heartbeats(stream).map(({ body }) => body.memberId)).toEqual(['a', 'b', 'c'])
  heartbeats(stream).forEach((request, i) => stream.answer(request, { errorCode: i }))
  expect((await Promise.all(beats)).map(({ errorCode }) => errorCode)).toEqual([0, 1, 2])
  expect(rig.network.streams).toHaveLength(1)
})

test('an answer in pieces, byte by byte, is an answer', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  const beating = beat(rig.transport)
  await rig.clock.runUntil(() => heartbeats(stream).length === 1)
  const [{ api, version, correlationId }] = heartbeats(stream) as [AnyRequest & { api: 'Heartbeat' }]
  const bytes = Buffer.concat(encodeResponse({ api, version, correlationId }, { errorCode: 27 }))
  for (const byte of bytes) stream.send(Buffer.from([byte]))
  expect((await beating).errorCode).toBe(27)
})

test.each([
  ['an answer to another request', (stream: ScriptedStream) => stream.answer(heartbeats(stream)[1]!, { errorCode: 0 })],
  ['a web page', (stream: ScriptedStream) => stream.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
  [
    'an answer that ends too early',
    (stream: ScriptedStream) => {
      const { api, version, correlationId } = heartbeats(stream)[0]!
      const whole = Buffer.concat(encodeResponse({ api, version, correlationId }, { errorCode: 0 }))
      const cut = whole.subarray(0, whole.length - 1)
      cut.writeInt32BE(cut.length - 4, 0)
      stream.send(cut)
    },
  ],
])('%s ends the connection with all that is under way, naming the broker', async (_what, misbehave) => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  const beats = [beat(rig.transport), beat(rig.transport)]
  await rig.clock.runUntil(() => heartbeats(stream).length === 2)
  misbehave(stream)
  const error = { code: 'MILLRACE_PROTOCOL_INVALID', retriable: false, message: expect.stringContaining('one:1') }
  for (const beating of beats) await expect(beating).rejects.toMatchObject(error)
  expect(stream.destroyed).toBe(true)
  void beat(rig.transport).catch(nothing)
  await rig.clock.runUntil(() => rig.network.streams.length === 2)
})

test('a connection that ends in the middle of an answer is a retriable error, and the next request has a new one', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  const beating = beat(rig.transport)
  await rig.clock.runUntil(() => heartbeats(stream).length === 1)
  stream.send(Buffer.from([0, 0]))
  stream.end()
  await expect(beating).rejects.toMatchObject(unreachable)
  const again = beat(rig.transport)
  await rig.clock.runUntil(
    () => rig.network.streams[1] !== undefined && heartbeats(rig.network.streams[1]).length === 1,
  )
  rig.network.streams[1]!.answer(heartbeats(rig.network.streams[1]!)[0]!, { errorCode: 0 })
  expect((await again).errorCode).toBe(0)
})

test('a request without an answer in time ends the connection: behind it no answer can come', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  const before = rig.clock.monotonic()
  const beats = [beat(rig.transport), beat(rig.transport, 'later')]
  const [first, second] = await rig.clock.settle(Promise.allSettled(beats))
  expect(rig.clock.monotonic() - before).toBe(30_000)
  expect(first).toMatchObject({
    reason: { ...unreachable, message: expect.stringMatching(/one:1.*Heartbeat.*30000 ms/) },
  })
  expect(second).toMatchObject({ reason: unreachable })
  expect(stream.destroyed).toBe(true)
})

test('a request has the time that it asks for', async () => {
  const rig = clientRig(knowing(nothing))
  await connected(rig)
  const before = rig.clock.monotonic()
  const request = { groupId: 'g', generationId: 1, memberId: 'm' }
  const beating = rig.transport.send(1, 'Heartbeat', request, { timeoutMs: 90_000 })
  await rig.clock.settle(beating.catch(nothing))
  expect(rig.clock.monotonic() - before).toBe(90_000)
})

test('a join under way keeps no heartbeat waiting: each channel has a connection', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  void beat(rig.transport, 'joining', 'group').catch(nothing)
  void beat(rig.transport, 'fetching', 'fetch').catch(nothing)
  const beating = beat(rig.transport, 'beating')
  await rig.clock.runUntil(() => rig.network.streams.length === 3 && heartbeats(stream).length === 1)
  stream.answer(heartbeats(stream)[0]!, { errorCode: 0 })
  expect((await beating).errorCode).toBe(0)
})

test('a throttle time is waited for, and the order is kept', async () => {
  const rig = clientRig(
    knowing((request, stream) => {
      if (request.api === 'Heartbeat')
        stream.answer(request, { errorCode: 0, throttleTimeMs: request.body.memberId === 'first' ? 2_000 : 0 })
    }),
  )
  const stream = await connected(rig)
  await rig.clock.settle(beat(rig.transport, 'first'))
  const before = rig.clock.monotonic()
  const beats = [beat(rig.transport, 'second'), beat(rig.transport, 'third')]
  await rig.clock.settle(Promise.all(beats))
  expect(rig.clock.monotonic() - before).toBe(2_000)
  expect(heartbeats(stream).map(({ body }) => body.memberId)).toEqual(['first', 'second', 'third'])
})

test('every address is tried, also when one refuses and one is silent', async () => {
  const rig = clientRig(knowing(nothing), { addresses: ['one:1', 'two:2', 'three:3'] })
  rig.network.refusing.add(1)
  rig.network.silent.add(2)
  await rig.clock.settle(rig.transport.connect())
  expect(rig.network.streams.filter(({ destroyed }) => !destroyed).at(-1)).toMatchObject({ host: 'three', port: 3 })
})

test('no broker anywhere is an error within the request time-out that names all addresses', async () => {
  const rig = clientRig(knowing(nothing), { addresses: ['one:1', 'two:2'] })
  rig.network.refusing.add(1)
  rig.network.silent.add(2)
  const message = expect.stringMatching(/one:1, two:2/)
  await expect(rig.clock.settle(rig.transport.connect())).rejects.toMatchObject({ ...unreachable, message })
  expect(rig.clock.monotonic()).toBeLessThanOrEqual(30_000)
})

test('a broker that comes late is found', async () => {
  const rig = clientRig(knowing(nothing))
  rig.network.refusing.add(1)
  rig.clock.setTimer(5_000, () => rig.network.refusing.delete(1))
  await rig.clock.settle(rig.transport.connect())
  expect(rig.clock.monotonic()).toBeLessThan(7_500)
})

test('a broker that refuses is asked again with growing pauses of at most about a second', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  rig.network.refusing.add(1)
  stream.end()
  const times: number[] = []
  while (rig.network.streams.length < 12) {
    await rig.clock.settle(beat(rig.transport).catch(nothing))
    times.push(rig.clock.monotonic())
  }
  const pauses = times.slice(1).map((time, i) => time - times[i]!)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(1_200)
  expect(pauses.slice(-3).every((pause) => pause >= 800)).toBe(true)
  expect(pauses[0]).toBeLessThanOrEqual(120)
})

test('a node that moved is reached where it is now, and what was under way is told', async () => {
  const rig = clientRig(knowing(nothing), { addresses: ['bootstrap:9'] })
  await rig.clock.settle(rig.transport.connect())
  rig.transport.learn([{ id: 1, host: 'one', port: 1 }])
  const beating = beat(rig.transport)
  await rig.clock.runUntil(() =>
    rig.network.streams.some(({ host, requests }) => host === 'one' && requests.length === 2),
  )
  rig.transport.learn([{ id: 1, host: 'elsewhere', port: 2 }])
  await expect(beating).rejects.toMatchObject(unreachable)
  void beat(rig.transport).catch(nothing)
  await rig.clock.runUntil(() => rig.network.streams.at(-1)!.host === 'elsewhere')
})

test('closing rejects what is under way, and what comes later', async () => {
  const rig = clientRig(knowing(nothing))
  const stream = await connected(rig)
  const beating = beat(rig.transport)
  await rig.clock.runUntil(() => heartbeats(stream).length === 1)
  await rig.transport.close()
  await expect(beating).rejects.toMatchObject({ message: 'the client was closed' })
  await expect(beat(rig.transport)).rejects.toMatchObject({ message: 'the client was closed' })
  expect(stream.destroyed).toBe(true)
})

test('closing while connecting ends that too', async () => {
  const rig = clientRig(knowing(nothing))
  rig.network.silent.add(1)
  const connecting = rig.transport.connect()
  await rig.clock.runUntil(() => rig.network.streams.length === 1)
  await rig.transport.close()
  await expect(rig.clock.settle(connecting)).rejects.toMatchObject({ message: 'the client was closed' })
  expect(rig.network.streams.every(({ destroyed }) => destroyed)).toBe(true)
})

test('a node that metadata does not know is a retriable error', async () => {
  const rig = clientRig(knowing(nothing))
  await connected(rig)
  const request = { groupId: 'g', generationId: 1, memberId: 'm' }
  await expect(rig.transport.send(7, 'Heartbeat', request)).rejects.toMatchObject({
    ...unreachable,
    message: expect.stringContaining('node 7'),
  })
})
