import { describe, expect, test } from 'vitest'
import { memoryRegistry } from '../../../src/serde/memory-registry.ts'

const recordOf = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Order', fields })
const id = { name: 'id', type: 'string' }

test('ids count from 1, and one schema has one id under every subject', async () => {
  const registry = memoryRegistry()
  expect(await registry.register('a', recordOf(id))).toBe(1)
  expect(await registry.register('b', '"long"')).toBe(2)
  expect(await registry.register('b', '"long"')).toBe(2)
  expect(await registry.register('c', JSON.stringify(JSON.parse(recordOf(id)), null, 2))).toBe(1)
  expect(await registry.schemaById(1)).toBe(recordOf(id))
  expect(await registry.schemaById(2)).toBe('"long"')
})

test('an id that nobody registered is unknown', async () => {
  const registry = memoryRegistry()
  for (const unknown of [0, 1, -1, 2 ** 31]) expect(await registry.schemaById(unknown)).toBeUndefined()
})

describe('a new version', () => {
  test.each([
    ['a new field with a default', recordOf(id, { name: 'n', type: 'int', default: 0 })],
    ['a field less', recordOf()],
    ['a type that grows', recordOf({ name: 'id', type: ['null', 'string'] })],
  ])('with %s is taken', async (_what, schema) => {
    const registry = memoryRegistry()
    await registry.register('a', recordOf(id))
    expect(await registry.register('a', schema)).toBe(2)
  })
  test.each([
    ['a new field without a default', recordOf(id, { name: 'n', type: 'int' }), 'n'],
    ['another type', recordOf({ name: 'id', type: 'int' }), 'string'],
  ])('with %s is refused, with the reason, and leaves the subject as it was', async (_what, schema, reason) => {
    const registry = memoryRegistry()
    await registry.register('a', recordOf(id))
    await expect(registry.register('a', schema)).rejects.toThrow(
      expect.objectContaining({
        code: 'MILLRACE_REGISTRY_FAILED',
        retriable: false,
        message: expect.stringMatching(
          new RegExp(
            `^registering a schema under a in the memory registry failed: the new version cannot read what the previous one wrote: .*${reason}.*; give each new field a default`,
          ),
        ),
      }),
    )
    expect(await registry.register('a', recordOf(id))).toBe(1)
    expect(await registry.register('elsewhere', schema)).toBe(2)
  })
})

test('what is not Avro is refused', async () => {
  await expect(memoryRegistry().register('a', '{"type":"recrod"}')).rejects.toThrow('the schema is not valid Avro')
})
