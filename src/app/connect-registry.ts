import { confluentRegistry } from '../serde/confluent-registry.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** The registry that serdes are bound with; whether it answers is seen when the first one needs it, at start. */
export function connectRegistry(config: ResolvedConfig['schemaRegistry']): SchemaRegistry | undefined {
  if (config === null) return undefined
  return 'register' in config ? config : confluentRegistry(config)
}
