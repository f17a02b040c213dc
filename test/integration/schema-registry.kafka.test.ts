import { afterAll, beforeAll } from 'vitest'
import { registrySuite } from '../conformance/registry/registry-suite.ts'
import { startApicurio, type ApicurioRegistry } from '../support/apicurio.ts'

let apicurio: ApicurioRegistry

beforeAll(async () => {
  apicurio = await startApicurio()
})
afterAll(() => apicurio.stop())

registrySuite(() => apicurio.url)
