import type { Serde } from '../serde/serde.ts'
import { invalid } from './query-options.ts'
import type { CatalogStore } from './store-catalog.ts'

/**
 * How a key is written in a URL, by the name of its serde: text and numbers as they are, JSON as JSON (what is none is taken for a
 * text), everything else as the base64 of its bytes, plain or URL-safe.
 */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  string: (text) => text,
  int32: readNumber,
  safeInt64: readNumber,
  double: readNumber,
  int64: readBigInt,
  json: readJson,
}

/** What a key of the store looks like in a URL: for people. */
export function keyForm({ name }: Serde<unknown>): string {
  return Object.hasOwn(readers, name) ? name : 'base64'
}

/** @throws QueryError `MILLRACE_QUERY_INVALID` */
export function keyFromText(store: CatalogStore, text: string): unknown {
  const { key: serde, name } = store
  try {
    if (Object.hasOwn(readers, serde.name)) return readers[serde.name]!(text)
    return serde.deserialize(Buffer.from(text, 'base64'))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalid(name, `${JSON.stringify(text)} is no key of the store ${name} (${keyForm(serde)}): ${why}`, cause)
  }
}

function readNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) throw new TypeError('it is not a number')
  return number
}

function readBigInt(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new TypeError('it is not a whole number')
  return BigInt(text)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
