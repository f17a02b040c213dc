import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MemoryStorage } from '../../../src/broker/log/memory-storage.ts'
import { startSchemaRegistry, type EmbeddedSchemaRegistry } from 'millrace/testing'

const storage = new MemoryStorage()
const schema = JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'count', type: 'int' }] })
const breaking = JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'buyer', type: 'string' }] })
let registry: EmbeddedSchemaRegistry

beforeAll(async () => {
  registry = await startSchemaRegistry({ storage })
})
afterAll(() => registry.stop())

async function call(method: string, path: string, body?: unknown): Promise<readonly [status: number, data: unknown]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(`${registry.url}${path}`, { method, ...(body !== undefined && { body: text }) })
  return [answer.status, await answer.json()]
}

describe('over HTTP', () => {
  test('a schema is registered, found by its id, its version and its text', async () => {
    expect(await call('POST', '/subjects/orders-value/versions', { schema })).toEqual([200, { id: 1 }])
    expect(await call('GET', '/schemas/ids/1')).toEqual([200, { schema }])
    expect(await call('GET', '/subjects')).toEqual([200, ['orders-value']])
    const version = { subject: 'orders-value', version: 1, id: 1, schema }
    expect(await call('GET', '/subjects/orders-value/versions/latest')).toEqual([200, version])
    expect(await call('POST', '/subjects/orders-value', { schema })).toEqual([200, version])
    expect(await call('GET', '/subjects/orders-value/versions/1/schema')).toEqual([200, JSON.parse(schema)])
    expect(await call('GET', '/schemas/ids/1/versions')).toEqual([200, [{ subject: 'orders-value', version: 1 }]])
  })

  test('a schema that does not fit is refused, and says why where it is asked to', async () => {
    const path = '/compatibility/subjects/orders-value/versions/latest'
    expect(await call('POST', path, { schema: breaking })).toEqual([200, { is_compatible: false }])
    const [, verbose] = await call('POST', `${path}?verbose=true`, { schema: breaking })
    expect(verbose).toMatchObject({ messages: [expect.stringContaining('cannot read')] })
    const [status, refused] = await call('POST', '/subjects/orders-value/versions', { schema: breaking })
    expect([status, refused]).toEqual([409, { error_code: 409, message: expect.stringContaining('incompatible') }])
  })

  test('levels are set, read and taken away', async () => {
    expect(await call('GET', '/config')).toEqual([200, { compatibilityLevel: 'BACKWARD' }])
    expect((await call('GET', '/config/orders-value'))[0]).toBe(404)
    expect(await call('PUT', '/config/orders-value', { compatibility: 'FULL' })).toEqual([
      200,
      { compatibility: 'FULL' },
    ])
    expect(await call('GET', '/config/orders-value')).toEqual([200, { compatibilityLevel: 'FULL' }])
    expect((await call('DELETE', '/config/orders-value'))[0]).toBe(200)
    expect(await call('GET', '/config/orders-value?defaultToGlobal=true')).toEqual([
      200,
      { compatibilityLevel: 'BACKWARD' },
    ])
  })

  test.each([
    ['POST', '/subjects/a/versions', 'no json', 400],
    ['POST', '/subjects/a/versions', { schema: 7 }, 42201],
    ['POST', '/subjects/a/versions', { schema: '{}', schemaType: 'PROTOBUF' }, 42201],
    ['PUT', '/config', { compatibility: 'SIDEWAYS' }, 42203],
    ['GET', '/subjects/orders-value/versions/first', undefined, 42202],
    ['GET', '/schemas/ids/none', undefined, 40403],
  ])('%s %s with what it cannot use is answered with the code of the API', async (method, path, body, code) => {
    const [status, data] = await call(method, path, body)
    expect(data).toEqual({ error_code: code, message: expect.any(String) })
    expect(status).toBe(code < 1_000 ? code : Math.floor(code / 100))
  })
})

test('what was registered is there again when it is started on the same storage', async () => {
  await call('POST', '/subjects/kept-value/versions', { schema })
  const again = await startSchemaRegistry({ storage })
  const answer = await fetch(`${again.url}/subjects/kept-value/versions/latest`)
  await again.stop()
  expect(await answer.json()).toMatchObject({ version: 1, schema })
})
