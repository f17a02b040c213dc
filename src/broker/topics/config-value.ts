import type { ConfigDefinition } from './topic-config-table.ts'

const integerMax = { SHORT: 32_767n, INT: 2_147_483_647n, LONG: 9_223_372_036_854_775_807n } as const

/** What is wrong with a value, in Kafka's words; undefined: nothing. */
export function problemOfValue(name: string, value: string, definition: ConfigDefinition): string | undefined {
  const problem = problemOfType(value.trim(), definition)
  return problem === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${problem}`
}

function problemOfType(value: string, definition: ConfigDefinition): string | undefined {
  switch (definition.type) {
    case 'BOOLEAN':
      return /^(?:true|false)$/i.test(value) ? undefined : 'Expected value to be either true or false'
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return problemOfInteger(value, integerMax[definition.type], definition)
    case 'DOUBLE':
      return value !== '' && Number.isFinite(Number(value))
        ? problemOfRange(Number(value), definition)
        : 'Not a number of type DOUBLE'
    case 'STRING':
      return problemOfItem(value, definition)
    case 'LIST':
      return listItems(value)
        .map((item) => problemOfItem(item, definition))
        .find((problem) => problem !== undefined)
  }
}

function problemOfInteger(value: string, max: bigint, definition: ConfigDefinition): string | undefined {
  const number = /^[+-]?\d+$/.test(value) ? BigInt(value.replace('+', '')) : undefined
  if (number === undefined || number > max || number < -max - 1n) return `Not a number of type ${definition.type}`
  return problemOfRange(Number(number), definition)
}

function problemOfRange(value: number, { min, max }: ConfigDefinition): string | undefined {
  if (min !== undefined && value < min) return `Value must be at least ${min}`
  if (max !== undefined && value > max) return `Value must be no more than ${max}`
  return undefined
}

function problemOfItem(item: string, { values }: ConfigDefinition): string | undefined {
  if (values === undefined || values.includes(item)) return undefined
  return `String must be one of: ${values.join(', ')}`
}

export function listItems(value: string): string[] {
  return value === '' ? [] : value.split(',').map((item) => item.trim())
}
