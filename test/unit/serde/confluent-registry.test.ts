import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { confluentRegistry } from '../../../src/serde/confluent-registry.ts'

// How the client behaves when the registry does not; what it does with a real one is in
// integration/schema-registry.kafka.test.ts.

const schema = JSON.stringify({ type: 'record', name: 'Order', fields: [] })
const running: Server[] = []

afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  running.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const status =
  (code: number, body: object = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
const failure = (retriable: boolean, ...texts: string[]): unknown =>
  expect.objectContaining({
    code: 'MILLRACE_REGISTRY_FAILED',
    retriable,
    message: expect.stringMatching(new RegExp(texts.join('.*'))),
  })

describe('a registry that does not answer', () => {
  test('is an error when the time is up, for each call', async () => {
    const { url } = await serve(() => undefined)
    const registry = confluentRegistry({ url, requestTimeoutMs: 50 })
    await expect(registry.schemaById(7)).rejects.toThrow(
      failure(true, `at ${url} for schema id 7 failed: no answer within 50 ms; check the url`),
    )
    await expect(registry.register('orders-value', schema)).rejects.toThrow(
      failure(true, 'under orders-value', 'no answer within 50 ms'),
    )
  })
  test('or begins to, and stops, is the same', async () => {
    const { url } = await serve((_request, response) => void response.writeHead(200).write('{"schema":'))
    await expect(confluentRegistry({ url, requestTimeoutMs: 50 }).schemaById(7)).rejects.toThrow(
      failure(true, 'no answer within 50 ms'),
    )
  })
  test('because it is not there is named', async () => {
    const { url } = await serve(() => undefined)
    const closed = once(running[0]!.close(), 'close')
    await closed
    await expect(confluentRegistry({ url }).register('orders-value', schema)).rejects.toThrow(
      failure(true, url, 'ECONNREFUSED', 'check the url and that the registry is up'),
    )
  })
})

describe('a registry that fails or refuses', () => {
  test('with 500 can be tried again, and is not asked without end', async () => {
    const { url, asked } = await serve(status(500, { message: 'broken' }))
    await expect(confluentRegistry({ url }).schemaById(7)).rejects.toThrow(
      failure(true, 'failed: broken; check the url'),
    )
    expect(asked.length).toBeLessThanOrEqual(4)
  })
  test.each([
    [401, 'check auth'],
    [403, 'check auth and its rights'],
    [409, 'make the new schema able to read the old one'],
    [422, 'correct the schema'],
  ])('with %d cannot, and what to do is said', async (code, remedy) => {
    const { url } = await serve(status(code, { message: 'no' }))
    await expect(confluentRegistry({ url }).register('orders-value', schema)).rejects.toThrow(
      failure(false, 'failed: no; ', remedy),
    )
  })
  test('with 404 does not know the id', async () => {
    const { url } = await serve(status(404, { error_code: 40403 }))
    expect(await confluentRegistry({ url }).schemaById(7)).toBeUndefined()
  })
})

test('a schema that is there already is only looked up', async () => {
  const { url, asked } = await serve(status(200, { subject: 'orders-value', id: 12, version: 1, schema }))
  const registry = confluentRegistry({ url })
  expect(await registry.register('orders-value', schema)).toBe(12)
  expect(await registry.schemaById(12)).toBe(schema)
  expect(asked).toEqual(['POST /subjects/orders-value'])
})

test('a new schema is registered without a word about the compatibility rule', async () => {
  const { url, asked } = await serve((request, response) =>
    request.url?.endsWith('/versions') === true
      ? status(200, { id: 12 })(request, response)
      : status(404)(request, response),
  )
  expect(await confluentRegistry({ url }).register('orders-value', schema)).toBe(12)
  expect(asked).toEqual(['POST /subjects/orders-value', 'POST /subjects/orders-value/versions'])
})

test('a schema is given as the registry wrote it, with what the client does not understand', async () => {
  const written = '{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}'
  const { url, asked } = await serve(status(200, { schema: written }))
  const registry = confluentRegistry({ url })
  expect(await Promise.all([registry.schemaById(3), registry.schemaById(3)])).toEqual([written, written])
  expect(await registry.schemaById(3)).toBe(written)
  expect(asked).toEqual(['GET /schemas/ids/3'])
})

test('a schema that is no Avro is given all the same: the record is bad, not the registry', async () => {
  const { url } = await serve(status(200, { schema: 'nonsense', schemaType: 'AVRO' }))
  expect(await confluentRegistry({ url }).schemaById(3)).toBe('nonsense')
})

test('a schema that refers to another one is given with it inside', async () => {
  const line = { type: 'record', name: 'Line', fields: [{ name: 'sku', type: 'string' }] }
  const order = { type: 'record', name: 'Order', fields: [{ name: 'line', type: 'Line' }] }
  const { url, asked } = await serve((request, response) => {
    const references = [{ name: 'Line', subject: 'line', version: 1 }]
    const found =
      request.url === '/schemas/ids/3'
        ? { schema: JSON.stringify(order), references }
        : { schema: JSON.stringify(line), id: 2, version: 1 }
    status(200, found)(request, response)
  })
  const registry = confluentRegistry({ url })
  for (const text of await Promise.all([registry.schemaById(3), registry.schemaById(3), late()])) {
    expect(JSON.parse(text!)).toMatchObject({ fields: [{ name: 'line', type: line }] })
  }

  /** Asks when the first answer is there, and what it refers to is not. */
  async function late(): Promise<string | undefined> {
    while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve))
    return registry.schemaById(3)
  }
})

test('credentials go into the header, and never into a message', async () => {
  let header: string | undefined
  const { url } = await serve((request, response) => {
    header = request.headers.authorization
    status(401, { message: 'who?' })(request, response)
  })
  const registry = confluentRegistry({ url, auth: { username: 'me', password: 'secret' } })
  const error = await registry.schemaById(3).catch((thrown: Error) => thrown)
  expect(header).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`)
  expect((error as Error).message).not.toContain('secret')
})

test.each([
  ['localhost:8081', 'is not an http or https url'],
  ['', 'is not an http or https url'],
  ['http://me:secret@localhost', 'it has credentials in it; give them as auth'],
])('the url %j is a mistake in the config', (url, message) => {
  expect(() => confluentRegistry({ url })).toThrow(
    expect.objectContaining({ code: 'MILLRACE_CONFIG_INVALID', message: expect.stringContaining(message) }),
  )
})
