/* On sockets, since what is tested is how KafkaJS behaves when they end. */
import { once } from 'node:events'
import net, { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { systemClock } from '../../../src/core/system-clock.ts'
import { KafkaJsLink } from '../../../src/kafkajs/kafkajs-link.ts'
import type { ResponseOf } from '../../../src/protocol/messages/messages.ts'
import { decodeRequest, type AnyRequest } from '../../../src/protocol/messages/request.ts'
import { encodeResponse } from '../../../src/protocol/messages/response.ts'
import { FrameSplitter } from '../../../src/protocol/wire/frame-splitter.ts'
import { allVersions } from '../../support/scripted-broker.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'

type Behaviour = (request: AnyRequest, socket: Socket, answer: Buffer) => void

const obliging: Behaviour = (_, socket, answer) => socket.write(answer)
const unreachable = { code: 'MILLRACE_BROKER_UNREACHABLE', retriable: true }

let server: Server
let behaviour: Behaviour
let sockets: Socket[]
let requests: AnyRequest[]
let link: KafkaJsLink

beforeEach(async () => {
  behaviour = obliging
  sockets = []
  requests = []
  server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  vi.restoreAllMocks()
  link.close()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

function serve(socket: Socket): void {
  sockets.push(socket)
  socket.on('error', () => {})
  const splitter = new FrameSplitter(1e8)
  socket.on('data', (bytes) => {
    for (const frame of splitter.push(bytes)) {
      const request = decodeRequest(frame)
      const body = request.api === 'ApiVersions' ? { errorCode: 0, apiKeys: allVersions } : { errorCode: 0 }
      requests.push(request)
      behaviour(
        request,
        socket,
        Buffer.concat(encodeResponse(request as AnyRequest & { api: 'ApiVersions' }, body as never)),
      )
    }
  })
}

function openLink(clock: Clock = systemClock): KafkaJsLink {
  const { port } = server.address() as AddressInfo
  const times = { requestTimeoutMs: 20_000, connectionTimeoutMs: 10_000 }
  return (link = new KafkaJsLink({ host: '127.0.0.1', port, clientId: 'test', clock, ...times }))
}

async function beat(timeoutMs = 20_000): Promise<ResponseOf<'Heartbeat'>> {
  await link.connect()
  const body = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
  return link.send({ api: 'Heartbeat', version: 3, body, timeoutMs })
}

/** Until the broker has so many requests of the kind. */
async function asked(api: AnyRequest['api'], count = 1): Promise<void> {
  while (requests.filter((request) => request.api === api).length < count) await systemClock.yield()
}

async function ended(socket: Socket): Promise<void> {
  while (!socket.destroyed) await systemClock.yield()
}

// KafkaJS alone takes what comes next for the rest of the answer: for ever, or until it throws out of the event of the socket.
test.each([2, 4, 9])(
  'an answer that breaks off after %d bytes costs its connection, not those after it',
  async (bytes) => {
    openLink()
    behaviour = (request, socket, answer) => {
      if (request.api === 'Heartbeat') socket.end(answer.subarray(0, bytes))
      else obliging(request, socket, answer)
    }
    await expect(beat()).rejects.toMatchObject(unreachable)
    behaviour = obliging
    expect(await beat()).toMatchObject({ errorCode: 0 })
    expect(await beat()).toMatchObject({ errorCode: 0 })
    expect(sockets).toHaveLength(2)
  },
)

// The broker is mute: here the promises of KafkaJS's `connect` and `send` never settle, as they do not when its connection is
// lost while it is disconnecting, a state in which it takes requests and ends only after the last of them.
test('a broker that says nothing is given up in time, and asked again over a new connection', async () => {
  const clock = new SimulatedClock()
  openLink(clock)
  behaviour = () => {}
  const waiting = [link.connect(), link.connect()]
  await asked('ApiVersions')
  const late = {
    ...unreachable,
    message: expect.stringMatching(/connect to the broker at 127.0.0.1:\d+: no answer within 30000 ms/),
  }
  const [first, second] = await clock.settle(Promise.allSettled(waiting))
  expect([first, second]).toMatchObject([{ reason: late }, { reason: late }])
  expect(clock.monotonic()).toBe(30_000)
  await ended(sockets[0]!)
  behaviour = obliging
  expect(await beat()).toMatchObject({ errorCode: 0 })
  expect(sockets).toHaveLength(2)
})

test('a request without an answer in time ends the connection: behind it no answer can come', async () => {
  const clock = new SimulatedClock()
  openLink(clock)
  await link.connect()
  behaviour = () => {}
  const beats = [beat(5_000), beat(9_000)]
  await asked('Heartbeat', 2)
  const late = { ...unreachable, message: expect.stringMatching(/send Heartbeat to .*: no answer within 5000 ms/) }
  expect(await clock.settle(Promise.allSettled(beats))).toMatchObject([{ reason: late }, { reason: late }])
  expect(clock.monotonic()).toBe(5_000)
  await ended(sockets[0]!)
  behaviour = obliging
  expect(await beat()).toMatchObject({ errorCode: 0 })
})

test('who waits for a connection at the same time shares one, which asks for the versions of its broker anew', async () => {
  openLink()
  await Promise.all([beat(), beat(), beat()])
  expect(sockets).toHaveLength(1)
  sockets[0]!.destroy()
  while (link.isConnected) await systemClock.yield()
  await Promise.all([beat(), beat(), beat()])
  expect(sockets).toHaveLength(2)
  expect(requests.filter(({ api }) => api === 'ApiVersions')).toHaveLength(2)
})

test('a throttle time is no part of the time that an answer may take', async () => {
  const clock = new SimulatedClock()
  openLink(clock)
  await link.connect()
  behaviour = ({ api, version, correlationId }, socket) =>
    socket.write(
      Buffer.concat(
        encodeResponse({ api: api as 'Heartbeat', version, correlationId }, { errorCode: 0, throttleTimeMs: 8_000 }),
      ),
    )
  await beat()
  await expect(clock.settle(beat(5_000))).rejects.toMatchObject({ message: expect.stringContaining('within 13000 ms') })
})

describe('closing ends a connection in the making', () => {
  const closed = { ...unreachable, message: 'the client was closed' }

  test('that has asked for the versions', async () => {
    openLink()
    behaviour = () => {}
    const connecting = link.connect()
    await asked('ApiVersions')
    link.close()
    await expect(connecting).rejects.toMatchObject(closed)
    await expect(link.connect()).rejects.toMatchObject(closed)
    await ended(sockets[0]!)
  })

  test('that has no socket yet, and gets none', async () => {
    const opened = vi.spyOn(net, 'connect')
    openLink()
    const connecting = link.connect()
    link.close()
    await expect(connecting).rejects.toMatchObject(closed)
    for (let i = 0; i < 10; i++) await systemClock.yield()
    expect(opened).not.toHaveBeenCalled()
  })

  test('whose socket is not connected yet, with every timer that would keep the process alive', async () => {
    const opened = vi.spyOn(net, 'connect')
    const set = vi.spyOn(globalThis, 'setTimeout')
    const cleared = vi.spyOn(globalThis, 'clearTimeout')
    openLink()
    const connecting = link.connect()
    while (opened.mock.results.length === 0) await Promise.resolve()
    link.close()
    await expect(connecting).rejects.toMatchObject(closed)
    await systemClock.yield()
    const timers = set.mock.results.map(({ value }) => value)
    expect(timers).toHaveLength(2)
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(expect.arrayContaining(timers))
  })
})
