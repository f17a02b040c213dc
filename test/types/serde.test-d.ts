import { expectTypeOf, test } from 'vitest'
import type { Change } from '../../src/core/change.ts'
import type { Windowed } from '../../src/core/windowed.ts'
import { avro } from '../../src/serde/avro.ts'
import { changeSerde } from '../../src/serde/change-serde.ts'
import { int64, safeInt64 } from '../../src/serde/integers.ts'
import { json } from '../../src/serde/json.ts'
import { nullable } from '../../src/serde/nullable.ts'
import type { Serde, ValueOf } from '../../src/serde/serde.ts'
import type { StandardSchema } from '../../src/serde/standard-schema.ts'
import { string } from '../../src/serde/string.ts'
import { sessionWindowed, timeWindowed } from '../../src/serde/windowed-serdes.ts'

interface Card {
  readonly number: string
  readonly limit: number
}

/** As zod and valibot declare it: what goes in may have no limit, what comes out has one. */
declare const cardSchema: StandardSchema<{ number: string; limit?: number }, Card>

test('json(schema) has the type of the output of the schema', () => {
  expectTypeOf(json(cardSchema)).toEqualTypeOf<Serde<Card>>()
  expectTypeOf(json(cardSchema, { validate: 'both' })).toEqualTypeOf<Serde<Card>>()
})

test('a callable schema, as arktype makes them, is a schema', () => {
  const callable = Object.assign((value: unknown) => value as Card, cardSchema)
  expectTypeOf(json(callable)).toEqualTypeOf<Serde<Card>>()
})

test('json without a schema has the type that is said, and unknown when none is', () => {
  expectTypeOf(json<Card>()).toEqualTypeOf<Serde<Card>>()
  expectTypeOf(json()).toEqualTypeOf<Serde<unknown>>()
  const fromContext: Serde<Card> = json()
  expectTypeOf(fromContext).toEqualTypeOf<Serde<Card>>()
})

test('what is not a Standard Schema is no schema', () => {
  // @ts-expect-error a class is not one
  json(class Card {})
  // @ts-expect-error 'decode' and 'both' are all there is
  json(cardSchema, { validate: 'never' })
})

test('avro has the type that is said, and unknown when none is', () => {
  expectTypeOf(avro<Card>({ type: 'record' })).toEqualTypeOf<Serde<Card>>()
  expectTypeOf(avro('string')).toEqualTypeOf<Serde<unknown>>()
  expectTypeOf(avro<Card>('{}', { longs: 'bigint', subject: 'cards' })).toEqualTypeOf<Serde<Card>>()
  // @ts-expect-error longs are numbers or bigints
  avro<Card>({}, { longs: 'string' })
})

test('nullable adds null, and nothing else', () => {
  expectTypeOf(nullable(string())).toEqualTypeOf<Serde<string | null>>()
  expectTypeOf(nullable(json(cardSchema))).toEqualTypeOf<Serde<Card | null>>()
})

test('int64 is a bigint, safeInt64 a number', () => {
  expectTypeOf<ValueOf<ReturnType<typeof int64>>>().toEqualTypeOf<bigint>()
  expectTypeOf<ValueOf<ReturnType<typeof safeInt64>>>().toEqualTypeOf<number>()
})

test('wrappers keep the type of what is inside', () => {
  expectTypeOf(timeWindowed(string(), 60_000)).toEqualTypeOf<Serde<Windowed<string>>>()
  expectTypeOf(sessionWindowed(int64())).toEqualTypeOf<Serde<Windowed<bigint>>>()
  expectTypeOf(changeSerde(json(cardSchema))).toEqualTypeOf<Serde<Change<Card>>>()
  // @ts-expect-error the size of the windows is not in the bytes
  timeWindowed(string())
})
