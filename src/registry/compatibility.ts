import { whyUnreadable } from '../serde/avro-compatibility.ts'
import { RegistryError } from './registry-error.ts'

const levels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const

/**
 * What a new version must keep to. BACKWARD: it can read what the one before wrote; FORWARD: the one before can read what it
 * writes; FULL: both; TRANSITIVE: all versions, not the one before alone.
 */
export type CompatibilityLevel = (typeof levels)[number]

/** @throws RegistryError 42203 */
export function compatibilityLevel(level: unknown): CompatibilityLevel {
  const found = levels.find((each) => each === level)
  if (found !== undefined) return found
  throw new RegistryError(42203, `Invalid compatibility level ${String(level)}: it is one of ${levels.join(', ')}`)
}

/** What speaks against `next` after these versions, oldest first; empty when nothing does. */
export function incompatibilities(level: CompatibilityLevel, next: string, versions: readonly string[]): string[] {
  if (level === 'NONE') return []
  const compared = level.endsWith('TRANSITIVE') ? versions.toReversed() : versions.slice(-1)
  return compared.flatMap((version) => [
    ...(level.startsWith('FORWARD') ? [] : reason('the new schema cannot read what was written before', next, version)),
    ...(level.startsWith('BACKWARD') ? [] : reason('an earlier schema cannot read what is written now', version, next)),
  ])
}

function reason(what: string, reader: string, writer: string): string[] {
  const why = whyUnreadable(reader, writer)
  return why === undefined ? [] : [`${what}: ${why}`]
}
