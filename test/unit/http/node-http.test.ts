/* Real sockets on loopback, any free port. */
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/system-clock.ts'
import { jsonResponse, type HttpHandler, type HttpServer } from '../../../src/http/http.ts'
import { nodeHttp } from '../../../src/http/node-http.ts'
import { routed } from '../../../src/http/routed.ts'

const http = nodeHttp(systemClock)

async function serving<T>(handler: HttpHandler, use: (url: string, server: HttpServer) => Promise<T>): Promise<T> {
  const server = await http.listen({ host: '127.0.0.1', port: 0, handler, bodyBytesMax: 1_000 })
  try {
    return await use(`http://127.0.0.1:${server.port}`, server)
  } finally {
    await server.close()
  }
}

const limits = { timeoutMs: 60_000, responseBytesMax: 100_000 }
const echo: HttpHandler = async ({ method, path, query, body }) =>
  jsonResponse(200, { method, path, query: [...query], body: Buffer.from(body).toString() })

test('a request arrives as it was sent, and the answer goes back', async () => {
  await serving(echo, async (url) => {
    const answer = await http.call({ method: 'POST', url: `${url}/a%2Fb/c?x=1&x=%20`, body: 'caf\u00e9', ...limits })
    expect(answer.status).toBe(200)
    expect(answer.headers?.['content-type']).toBe('application/json; charset=utf-8')
    expect(JSON.parse(answer.body)).toEqual({
      method: 'POST',
      path: '/a%2Fb/c',
      query: [
        ['x', '1'],
        ['x', ' '],
      ],
      body: 'caf\u00e9',
    })
  })
})

test('a body above the limit is refused, and the connection is of no more use', async () => {
  await serving(echo, async (url) => {
    const answer = await http.call({ method: 'POST', url, body: 'x'.repeat(1_001), ...limits })
    expect(answer.status).toBe(413)
    expect((await http.call({ method: 'POST', url, body: 'x'.repeat(1_000), ...limits })).status).toBe(200)
  })
})

test('an answer that is too large or too late is an error that says so', async () => {
  const slow: HttpHandler = ({ path }) =>
    path === '/never' ? new Promise(() => {}) : Promise.resolve({ status: 200, body: 'x'.repeat(1_001) })
  await serving(slow, async (url) => {
    await expect(http.call({ method: 'GET', url, ...limits, responseBytesMax: 1_000 })).rejects.toThrow(
      'more than 1000 bytes',
    )
    await expect(http.call({ method: 'GET', url: `${url}/never`, ...limits, timeoutMs: 50 })).rejects.toThrow(
      'no answer within 50 ms',
    )
  })
})

test('where nobody listens the call fails, and a port that is taken cannot be listened at', async () => {
  const port = await serving(echo, async (_, server) => {
    const taken = http.listen({ host: '127.0.0.1', port: server.port, handler: echo, bodyBytesMax: 1 })
    await expect(taken).rejects.toThrow('EADDRINUSE')
    return server.port
  })
  await expect(http.call({ method: 'GET', url: `http://127.0.0.1:${port}`, ...limits })).rejects.toThrow('ECONNREFUSED')
})

test('closing answers what was asked, and drops connections that ask nothing', async () => {
  let asked: () => void = () => {}
  const arrived = new Promise<void>((resolve) => (asked = resolve))
  let answer: () => void = () => {}
  const handler: HttpHandler = async () => {
    asked()
    await new Promise<void>((resolve) => (answer = resolve))
    return jsonResponse(200, 'late')
  }
  const server = await http.listen({ host: '127.0.0.1', port: 0, handler, bodyBytesMax: 1 })
  const idle = connect(server.port, '127.0.0.1')
  const dropped = new Promise<void>((resolve) => idle.on('close', () => resolve()).on('error', () => {}))
  await new Promise<void>((resolve) => idle.on('connect', resolve))
  const call = http.call({ method: 'GET', url: `http://127.0.0.1:${server.port}`, ...limits })
  await arrived
  const closing = server.close()
  answer()
  expect(JSON.parse((await call).body)).toBe('late')
  await closing
  await dropped
})

test('a route is found by method and path; what it throws is an answer', async () => {
  const handler = routed(
    [
      { method: 'GET', path: '/things/:thing', answer: (_, { thing }) => jsonResponse(200, thing) },
      {
        method: 'POST',
        path: '/things/:thing',
        answer: () => {
          throw new Error('no')
        },
      },
    ],
    (error) => jsonResponse(500, (error as Error).message),
  )
  const ask = async (method: string, path: string): Promise<readonly [number, unknown, string | undefined]> => {
    const { status, body, headers } = await handler({
      method,
      path,
      query: new URLSearchParams(),
      body: Buffer.alloc(0),
    })
    return [status, JSON.parse(body), headers?.['allow']]
  }
  expect(await ask('GET', '/things/a%2Fb%20c')).toEqual([200, 'a/b c', undefined])
  expect(await ask('HEAD', '/things/x')).toEqual([200, 'x', undefined])
  expect(await ask('POST', '/things/x')).toEqual([500, 'no', undefined])
  expect((await ask('PUT', '/things/x')).toSpliced(1, 1)).toEqual([405, 'GET, POST'])
  expect((await ask('GET', '/things'))[0]).toBe(404)
  expect((await ask('GET', '/things/%'))[0]).toBe(400)
})
