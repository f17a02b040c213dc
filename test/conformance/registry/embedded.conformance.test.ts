import { afterAll, beforeAll } from 'vitest'
import { startSchemaRegistry, type EmbeddedSchemaRegistry } from 'millrace/testing'
import { registrySuite } from './registry-suite.ts'

let registry: EmbeddedSchemaRegistry

beforeAll(async () => {
  registry = await startSchemaRegistry()
})
afterAll(() => registry.stop())

registrySuite(() => registry.url)
