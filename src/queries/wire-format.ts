/* What instances send one another: JSON, with bytes as base64. All instances of an app are of one version, or of two for a moment. */
import { errorCodes, QueryError, type ErrorCode } from '../core/errors.ts'
import { asBuffer } from '../serde/as-buffer.ts'
import type { RawAnswer, RawEntry, RawQuery } from './raw-query.ts'

export interface WireRequest {
  readonly query: RawQuery
  readonly partitions: readonly number[]
}

export function encodeRequest({ query, partitions }: WireRequest): string {
  const fields = Object.entries(query).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toBase64(value) : value,
  ])
  return JSON.stringify({ query: Object.fromEntries(fields), partitions })
}

function toBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64')
}

type FieldType = 'bytes' | 'bytes?' | 'number' | 'number?' | 'boolean'

const bounded = { descending: 'boolean', limit: 'number' } as const
const fieldsOf: Readonly<Record<RawQuery['kind'], Readonly<Record<string, FieldType>>>> = {
  get: { key: 'bytes', asOf: 'number?' },
  range: { from: 'bytes?', to: 'bytes?', after: 'bytes?', ...bounded },
  window: { key: 'bytes', start: 'number', end: 'number' },
  windows: { key: 'bytes?', from: 'number', to: 'number', ...bounded },
  count: {},
}

/** Undefined when it is not one. */
export function decodeRequest(body: Uint8Array): WireRequest | undefined {
  const data = parse(asBuffer(body).toString('utf8'))
  if (!isRecord(data) || !isRecord(data['query'])) return undefined
  const { query, partitions } = data
  const isList = Array.isArray(partitions) && partitions.every((each) => Number.isInteger(each))
  const kind = query['kind'] as RawQuery['kind']
  if (!isList || !Object.hasOwn(fieldsOf, kind)) return undefined
  const read: Record<string, unknown> = { kind }
  for (const [name, type] of Object.entries(fieldsOf[kind])) {
    read[name] = readField(query[name], type)
    if (read[name] === undefined) return undefined
  }
  return { query: read as unknown as RawQuery, partitions: partitions as number[] }
}

function readField(value: unknown, type: FieldType): unknown {
  if (value === null) return type.endsWith('?') ? null : undefined
  if (type.startsWith('bytes')) return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
  return type.startsWith(typeof value) ? value : undefined
}

export function encodeAnswer(answer: RawAnswer): unknown {
  if ('count' in answer) return answer
  return { entries: answer.entries.map(encodeEntry) }
}

function encodeEntry({ key, value, timestamp, window, partition }: RawEntry): readonly unknown[] {
  const common = [toBase64(key), toBase64(value), timestamp, partition]
  return window === null ? common : [...common, window.start, window.end]
}

/** Undefined when it is not one. */
export function decodeAnswer(body: string): RawAnswer | undefined {
  const data = parse(body)
  if (!isRecord(data)) return undefined
  if (typeof data['count'] === 'number') return { count: data['count'] }
  if (!Array.isArray(data['entries']) || !data['entries'].every(isEntry)) return undefined
  return { entries: data['entries'].map(decodeEntry) }
}

type WireEntry = [key: string, value: string, timestamp: number, partition: number, start?: number, end?: number]

function isEntry(value: unknown): value is WireEntry {
  if (!Array.isArray(value) || (value.length !== 4 && value.length !== 6)) return false
  return typeof value[0] === 'string' && typeof value[1] === 'string' && value.slice(2).every(Number.isFinite)
}

function decodeEntry([key, value, timestamp, partition, start, end]: WireEntry): RawEntry {
  const window = start === undefined || end === undefined ? null : { start, end }
  return { key: Buffer.from(key, 'base64'), value: Buffer.from(value, 'base64'), timestamp, window, partition }
}

export function encodeError({ code, message, address, partition, retriable }: QueryError): unknown {
  return { error: { code, message, address, partition, retriable } }
}

/** Undefined when the body does not say what went wrong in our words. */
export function decodeError(body: string, store: string): QueryError | undefined {
  const data = parse(body)
  const error = isRecord(data) ? data['error'] : undefined
  if (!isRecord(error) || !errorCodes.includes(error['code'] as ErrorCode)) return undefined
  const { code, message, address, partition, retriable } = error
  const facts = {
    store,
    address: typeof address === 'string' ? address : undefined,
    partition: typeof partition === 'number' ? partition : undefined,
    retriable: retriable === true,
  }
  return new QueryError(code as ErrorCode, String(message), facts)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
