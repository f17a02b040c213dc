import { ConfigError } from '../core/errors.ts'
import type { Problem } from '../core/errors.ts'
import type { ErrorAnswer, ErrorHandlers } from '../runtime/error-handlers.ts'
import type { AppConfig } from './app-config.ts'
import { checkPairs, checkValue, isObject } from './config-checks.ts'
import { configTable } from './config-table.ts'
import { nearestName } from '../core/nearest-name.ts'
import type { ResolvedConfig } from './resolved-config.ts'

const keys = configTable.map((row) => row.key)
const groups = new Set(keys.filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))))

/**
 * Checks a config against the table and fills in what was left out. A key whose value is undefined counts as left out.
 *
 * @throws ConfigError `MILLRACE_CONFIG_INVALID` with every problem found
 */
export function resolveConfig(config: AppConfig, topologyName: string): ResolvedConfig {
  const problems: Problem[] = []
  const given = flatten(config, problems)
  const values = new Map<string, unknown>()
  for (const row of configTable) {
    const value = given.get(row.key)
    const checked = value === undefined ? { value: row.fallback } : checkValue(row, value)
    if ('problem' in checked) problems.push({ path: row.key, ...checked })
    else values.set(row.key, checked.value)
  }
  problems.push(...checkPairs(values))
  if (problems.length > 0) throw new ConfigError(problems)
  const applicationId = values.get('applicationId') ?? topologyName
  const plain = Object.fromEntries([...values].filter(([key]) => !key.includes('.')))
  return Object.freeze({
    ...plain,
    applicationId,
    clientId: values.get('clientId') ?? applicationId,
    errors: errorHandlers(values),
  }) as ResolvedConfig
}

function flatten(config: AppConfig, problems: Problem[]): ReadonlyMap<string, unknown> {
  const flat = new Map<string, unknown>()
  for (const [key, value] of Object.entries(config)) {
    if (value === undefined) continue
    if (!groups.has(key)) flat.set(key, value)
    else if (!isObject(value))
      problems.push({ path: key, problem: 'it must be an object', remedy: `write ${key}: { ... }` })
    else for (const [name, nested] of Object.entries(value)) flat.set(`${key}.${name}`, nested)
  }
  for (const key of flat.keys()) if (!keys.includes(key)) problems.push(unknownKey(key))
  return flat
}

function unknownKey(key: string): Problem {
  const nearest = nearestName(key, keys)
  const remedy = nearest === undefined ? 'see the config reference for what there is' : `did you mean ${nearest}?`
  return { path: key, problem: 'there is no such setting', remedy }
}

const answers: ReadonlySet<unknown> = new Set<ErrorAnswer>(['fail', 'continue', 'dead-letter'])

function errorHandlers(values: ReadonlyMap<string, unknown>): ErrorHandlers {
  const policy = (stage: string): ((...args: unknown[]) => ErrorAnswer) => {
    const path = `errors.${stage}`
    const value = values.get(path) as ErrorAnswer | ((...args: unknown[]) => ErrorAnswer)
    return typeof value === 'function' ? (...args) => checkedAnswer(path, value(...args)) : () => value
  }
  return Object.freeze({ decode: policy('decode'), process: policy('process'), produce: policy('produce') })
}

/** Anything else, a promise for one, would pass for `continue` and lose the record without a word. */
function checkedAnswer(path: string, answer: unknown): ErrorAnswer {
  if (answers.has(answer)) return answer as ErrorAnswer
  const problem = `the function answered ${String(answer)}`
  throw new ConfigError([
    { path, problem, remedy: 'answer fail, continue or dead-letter, and do not return a promise' },
  ])
}

const secretKeys = new Set(['ssl', 'sasl', 'schemaRegistry'])

/** For logs and `describe`: every setting, with what could hold a secret as `***`. */
export function printableConfig(config: ResolvedConfig): Readonly<Record<string, unknown>> {
  const entries = Object.entries(config).filter(([key]) => key !== 'errors')
  return Object.fromEntries(
    entries.map(([key, value]) => [key, secretKeys.has(key) && isObject(value) ? '***' : value]),
  )
}
