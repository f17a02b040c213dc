import { confluentRegistry } from '../serde/confluent-registry.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** The registry that serdes are bound with; whether it answers is seen when the first one needs it, at start. */
export function connectRegistry({ schemaRegistry, requestTimeoutMs }: ResolvedConfig): SchemaRegistry | undefined {
  if (schemaRegistry === null || 'register' in schemaRegistry) return schemaRegistry ?? undefined
  const { url, username, password } = schemaRegistry
  if (username === undefined || password === undefined) return confluentRegistry({ url, requestTimeoutMs })
  return confluentRegistry({ url, requestTimeoutMs, auth: { username, password } })
}
