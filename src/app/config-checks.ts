import { durationMs } from '../core/duration.ts'
import type { Duration } from '../core/duration.ts'
import type { Problem } from '../core/errors.ts'
import type { ConfigRow } from './config-row.ts'

/** A checked value in its resolved form, or what is wrong with it. */
export type Checked = { readonly value: unknown } | { readonly problem: string; readonly remedy: string }

/** Checks what the user wrote for one row; `undefined` never gets here. */
export function checkValue(row: ConfigRow, value: unknown): Checked {
  switch (row.type) {
    case 'text':
      return typeof value === 'string' && value !== '' ? { value } : wrong(value, 'a text that is not empty')
    case 'name':
      return checkName(value)
    case 'addresses':
      return checkAddresses(value)
    case 'listen-address':
      return isAddress(value, 0) ? { value } : wrong(value, "a text 'host:port'")
    case 'choice':
      return row.choices.includes(value as string) ? { value } : wrong(value, `one of ${row.choices.join(', ')}`)
    case 'integer':
      return checkRange(value, row, Number.isSafeInteger(value) ? (value as number) : Number.NaN)
    case 'duration':
      return checkRange(value, row, asMs(row.key, value))
    case 'tls':
      return typeof value === 'boolean' || isObject(value)
        ? { value }
        : wrong('***', 'true, false, or an object with ca, cert and key')
    case 'sasl':
      return checkSasl(value)
    case 'registry':
      return checkRegistry(value)
    case 'policy':
      return checkPolicy(value)
  }
}

function wrong(value: unknown, expected: string): Checked {
  return { problem: `${show(value)} is not ${expected}`, remedy: `give ${expected}` }
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  return value === '***' ? '***' : (JSON.stringify(value) ?? String(value))
}

/** Kafka's own rule for topic names (org.apache.kafka.common.internals.Topic), of which these become a part. */
function checkName(value: unknown): Checked {
  const legal = typeof value === 'string' && /^[a-zA-Z0-9._-]{1,200}$/.test(value) && value !== '.' && value !== '..'
  return legal ? { value } : wrong(value, 'a name of at most 200 letters, digits, dots, underscores and dashes')
}

function checkAddresses(value: unknown): Checked {
  const list = typeof value === 'string' ? value.split(',').map((address) => address.trim()) : value
  const legal = Array.isArray(list) && list.length > 0 && list.every((each) => isAddress(each))
  return legal ? { value: Object.freeze([...list]) } : wrong(value, "a list of 'host:port'")
}

function isAddress(value: unknown, portMin = 1): boolean {
  const port = typeof value === 'string' ? /^\S+:(\d{1,5})$/.exec(value)?.[1] : undefined
  return port !== undefined && Number(port) >= portMin && Number(port) <= 65_535
}

function asMs(key: string, value: unknown): number {
  if (typeof value !== 'number' && typeof value !== 'string') return Number.NaN
  try {
    return durationMs(value as Duration, key)
  } catch {
    return Number.NaN // the caller says what a duration looks like, together with the row's bounds
  }
}

function checkRange(given: unknown, row: ConfigRow & { type: 'integer' | 'duration' }, value: number): Checked {
  if (value >= row.min && value <= row.max) return { value }
  const what =
    row.type === 'duration'
      ? "milliseconds, or a text such as '5s',"
      : `a whole number${row.unit === '' ? '' : ` of ${row.unit}`}`
  return wrong(given, `${what} from ${row.min} to ${row.max}`)
}

const tokenMechanism = 'oauthbearer'
const passwordMechanisms: readonly string[] = ['plain', 'scram-sha-256', 'scram-sha-512']

function checkSasl(value: unknown): Checked {
  const mechanism = isObject(value) ? (value['mechanism'] as string) : ''
  const isLegal =
    isObject(value) &&
    (mechanism === tokenMechanism
      ? typeof value['oauthBearerProvider'] === 'function'
      : passwordMechanisms.includes(mechanism) &&
        typeof value['username'] === 'string' &&
        typeof value['password'] === 'string')
  const shapes = `mechanism (${passwordMechanisms.join(', ')}), username and password, or with mechanism ${tokenMechanism} and oauthBearerProvider, a function`
  return isLegal ? { value } : wrong('***', `an object with ${shapes}`)
}

function checkRegistry(value: unknown): Checked {
  if (isObject(value) && typeof value['register'] === 'function' && typeof value['schemaById'] === 'function')
    return { value }
  const legal = isObject(value) && typeof value['url'] === 'string' && URL.canParse(value['url'])
  return legal ? { value } : wrong('***', 'an object with a url such as http://localhost:8081, or a SchemaRegistry')
}

function checkPolicy(value: unknown): Checked {
  if (typeof value === 'function' || value === 'fail' || value === 'continue' || value === 'dead-letter')
    return { value }
  return wrong(value, 'fail, continue, dead-letter, or a function that answers one of them')
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The values of a config after defaults, by the table's keys. */
export type ConfigValues = ReadonlyMap<string, unknown>

interface PairCheck {
  readonly keys: readonly [string, string]
  readonly holds: (first: never, second: never) => boolean
  readonly problem: string
  readonly remedy: string
}

const deadLetterPair = (key: string): PairCheck => ({
  keys: [key, 'deadLetterTopic'],
  holds: (answer: unknown, topic: unknown) => answer !== 'dead-letter' || topic !== null,
  problem: 'dead letters have nowhere to go',
  remedy: `set deadLetterTopic, or another answer for ${key}`,
})

/** Settings that are each right and together wrong. */
const pairChecks: readonly PairCheck[] = [
  {
    keys: ['sessionTimeoutMs', 'heartbeatIntervalMs'],
    holds: (session: number, heartbeat: number) => session >= 3 * heartbeat,
    problem: 'a session must outlive two lost heartbeats',
    remedy: 'make sessionTimeoutMs at least 3 times heartbeatIntervalMs',
  },
  {
    keys: ['rebalanceTimeoutMs', 'heartbeatIntervalMs'],
    holds: (rebalance: number, heartbeat: number) => rebalance >= 2 * heartbeat,
    problem: 'the app hears of a rebalance by a heartbeat, and must still have time to answer',
    remedy: 'make rebalanceTimeoutMs at least 2 times heartbeatIntervalMs',
  },
  {
    keys: ['deliveryTimeoutMs', 'lingerMs'],
    holds: (delivery: number, linger: number) => delivery > linger,
    problem: 'a record would have failed before it is sent',
    remedy: 'make deliveryTimeoutMs larger than lingerMs',
  },
  {
    keys: ['batchBytes', 'producerBufferBytesMax'],
    holds: (batch: number, buffer: number) => batch <= buffer,
    problem: 'a batch would never fill',
    remedy: 'make producerBufferBytesMax at least batchBytes',
  },
  deadLetterPair('errors.decode'),
  deadLetterPair('errors.process'),
  deadLetterPair('errors.produce'),
]

/** Pairs that contradict; a pair of which one value is wrong by itself is not looked at. */
export function checkPairs(values: ConfigValues): readonly Problem[] {
  return pairChecks
    .filter(({ keys: [first, second], holds }) => {
      if (!values.has(first) || !values.has(second)) return false
      return !holds(values.get(first) as never, values.get(second) as never)
    })
    .map(({ keys: [first, second], problem, remedy }) => ({
      path: `${first} (${show(values.get(first))}) and ${second} (${show(values.get(second))})`,
      problem,
      remedy,
    }))
}
