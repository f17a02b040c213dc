import type { Windowed } from 'millrace'

/*
 * The named functions that a case may use, as test/conformance/oracle/README.md defines them. All are total. Null is
 * JSON's null; an empty optional result is null too.
 */

export type Json = null | boolean | number | string | Json[] | { [field: string]: Json }

function isWindowed(key: unknown): key is Windowed<unknown> {
  return typeof key === 'object' && key !== null && 'window' in key
}

/** A key as text; a windowed key as `key@start/end`. */
export function keyText(key: unknown): string | null {
  if (key === null || key === undefined) return null
  return isWindowed(key) ? `${keyText(key.key)}@${key.window.start}/${key.window.end}` : String(key)
}

export function str(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function num(value: Json): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? value.length : 0
}

function parse(fn: string): readonly [name: string, argument: string] {
  const at = fn.indexOf(':')
  return at < 0 ? [fn, ''] : [fn.slice(0, at), fn.slice(at + 1)]
}

function unknownFunction(fn: string): never {
  throw new Error(`unknown function ${fn}`)
}

export function evaluate(fn: string, key: unknown, value: Json): Json {
  const [name, argument] = parse(fn)
  const text = keyText(key)
  if (name === 'key' || name.startsWith('key.')) return text === null ? null : ofKey(name, text, argument)
  if (name === 'null') return null
  if (name === 'const') return argument
  if (name === 'pair') return `${text ?? 'null'}=${str(value)}`
  return value === null ? null : ofValue(name, value, argument)
}

function ofKey(name: string, text: string, argument: string): Json {
  switch (name) {
    case 'key':
      return text
    case 'key.inner':
      return text.includes('@') ? text.slice(0, text.lastIndexOf('@')) : text
    case 'key.first':
      return text.slice(0, 1)
    case 'key.upper':
      return text.toUpperCase()
    case 'key.append':
      return text + argument
    default:
      return unknownFunction(name)
  }
}

function ofValue(name: string, value: Exclude<Json, null>, argument: string): Json {
  switch (name) {
    case 'value':
      return value
    case 'value.str':
      return str(value)
    case 'value.upper':
      return typeof value === 'string' ? value.toUpperCase() : value
    case 'value.length':
      return typeof value === 'object' ? Object.keys(value).length : str(value).length
    case 'value.first':
      return str(value).slice(0, 1)
    case 'value.append':
      return str(value) + argument
    case 'value.add':
      return num(value) + Number(argument)
    case 'value.neg':
      return 0 - num(value)
    case 'value.mod':
      return ((num(value) % Number(argument)) + Number(argument)) % Number(argument)
    case 'value.field':
      return isObject(value) ? (value[argument] ?? null) : null
    case 'value.wrap':
      return { [argument]: value }
    case 'value.nullIf':
      return str(value) === argument ? null : value
    case 'value.nullIfContains':
      return str(value).includes(argument) ? null : value
    case 'value.last':
      return Array.isArray(value) ? (value.at(-1) ?? null) : value
    default:
      return unknownFunction(name)
  }
}

function isObject(value: Json): value is { [field: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function test(fn: string, key: unknown, value: Json): boolean {
  const [name, argument] = parse(fn)
  const text = keyText(key)
  switch (name) {
    case 'true':
      return true
    case 'false':
      return false
    case 'key.isNull':
      return text === null
    case 'key.eq':
      return text !== null && text === argument
    case 'key.in':
      return text !== null && argument.split(',').includes(text)
    case 'value.isNull':
      return value === null
    case 'value.notNull':
      return value !== null
    default:
      return testValue(name, value, argument)
  }
}

function testValue(name: string, value: Json, argument: string): boolean {
  switch (name) {
    case 'value.eq':
      return value !== null && str(value) === argument
    case 'value.contains':
      return value !== null && str(value).includes(argument)
    case 'value.gt':
      return value !== null && num(value) > Number(argument)
    case 'value.lt':
      return value !== null && num(value) < Number(argument)
    case 'value.even':
      return value !== null && num(value) % 2 === 0
    case 'value.has':
      return isObject(value) && (value[argument] ?? null) !== null
    default:
      return unknownFunction(name)
  }
}

export function flat(fn: string, value: Json): Json[] {
  const [name, argument] = parse(fn)
  if (value === null) return []
  if (name === 'split') return str(value).split(argument)
  if (name === 'repeat') return Array.from({ length: Number(argument) }, () => value)
  if (name === 'elements') return Array.isArray(value) ? value : [value]
  return unknownFunction(fn)
}

export function reduce(fn: string, aggregate: Json, value: Json): Json {
  const [name, argument] = parse(fn)
  switch (name) {
    case 'sum':
      return num(aggregate) + num(value)
    case 'max':
      return Math.max(num(aggregate), num(value))
    case 'min':
      return Math.min(num(aggregate), num(value))
    case 'concat':
      return str(aggregate) + str(value)
    case 'first':
      return aggregate
    case 'last':
      return value
    case 'concatNull':
      return str(value) === argument ? null : str(aggregate) + str(value)
    case 'trace':
      return `${str(aggregate)}+${str(value)}`
    default:
      return unknownFunction(fn)
  }
}

/** The subtractor of a reduce on a grouped table. */
export function unreduce(fn: string, aggregate: Json, old: Json): Json {
  const [name] = parse(fn)
  if (name === 'sum') return num(aggregate) - num(old)
  if (name === 'trace') return `${str(aggregate)}-${str(old)}`
  return unknownFunction(fn)
}

export function initial(fn: string): Json {
  const [name] = parse(fn)
  if (['list', 'listTag', 'listReset', 'listNull'].includes(name)) return []
  if (name === 'sum' || name === 'sub') return 0
  if (name === 'concat' || name === 'trace') return ''
  return unknownFunction(fn)
}

export function aggregate(fn: string, current: Json, value: Json): Json {
  const [name, argument] = parse(fn)
  const plus = (added: Json): Json => [...(Array.isArray(current) ? current : []), added]
  switch (name) {
    case 'list':
    case 'listNull':
      return plus(value)
    case 'listTag':
      return plus(argument + str(value))
    case 'listReset':
      return str(value) === argument ? null : plus(value)
    case 'sum':
      return num(current) + num(value)
    case 'sub':
      return num(current) - num(value)
    case 'concat':
      return str(current) + str(value)
    case 'trace':
      return `${str(current)}+${str(value)}`
    default:
      return unknownFunction(fn)
  }
}

/** The subtractor of an aggregate on a grouped table. */
export function disaggregate(fn: string, current: Json, value: Json): Json {
  const [name] = parse(fn)
  if (name === 'sum') return num(current) - num(value)
  if (name === 'trace') return `${str(current)}-${str(value)}`
  if (name !== 'list' && name !== 'listNull') return unknownFunction(fn)
  const list = [...(current as Json[])]
  const at = list.findIndex((element) => JSON.stringify(element) === JSON.stringify(value))
  if (at >= 0) list.splice(at, 1)
  return name === 'listNull' && list.length === 0 ? null : list
}

export function mergeSessions(fn: string, left: Json, right: Json): Json {
  const [name] = parse(fn)
  if (['list', 'listTag', 'listReset'].includes(name)) return [...(left as Json[]), ...(right as Json[])]
  if (name === 'sum' || name === 'sub') return num(left) + num(right)
  if (name === 'concat') return str(left) + str(right)
  return unknownFunction(fn)
}

export function join(fn: string, key: unknown, left: Json, right: Json): Json {
  switch (fn) {
    case 'pair':
      return [left, right]
    case 'kpair':
      return [keyText(key), left, right]
    case 'concat':
      return `${str(left)}+${str(right)}`
    case 'sum':
      return num(left) + num(right)
    case 'left':
      return left
    case 'right':
      return right
    default:
      return unknownFunction(fn)
  }
}
