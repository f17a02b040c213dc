/*
 * How a message is written down: a table, `as const`, from which its types and its codecs are derived. A field says
 *
 *     type[?[versions]] [versions] [= default] [tag:N] [ignorable]
 *
 * - type: `bool`, `int8`, `int16`, `int32`, `int64`, `string`, `bytes`, `uuid`, `records`, or an array of one: `int32[]`.
 *   A structure is an object whose `$` says what holds it: `[]` an array, `{}` one of it.
 * - `?`: may be null, in all versions or in those given: `string?7+`.
 * - versions in which the field is there: `1+`, `0-7`, `3`. Without: wherever what surrounds it is there.
 * - `= default`: what an encoder takes when the field is not given. Without one it must be given. A decoder gives the default, or
 *   else zero, false or empty, in versions that do not have the field.
 * - `tag:N`: a tagged field of the flexible versions (KIP-482), left out while it has its default.
 * - `ignorable`: a value for a version that cannot say it is dropped. Of other fields it is an error, as it is in Kafka.
 */
export interface MessageTable {
  readonly key: number
  /** The first and the last that the table knows. */
  readonly versions: readonly [number, number]
  /** The first version with compact lengths and tagged fields (KIP-482). Absent: none has them. */
  readonly flexible?: number
  readonly request: Fields
  readonly response: Fields
}

export interface Fields {
  readonly [name: string]: string | Fields
}

interface Primitives {
  readonly bool: boolean
  readonly int8: number
  readonly int16: number
  readonly int32: number
  /** Throws when it is beyond what a double holds exactly. */
  readonly int64: number
  readonly string: string
  readonly bytes: Buffer
  /** As Kafka prints it: base64url without padding. */
  readonly uuid: string
  /** Record batches, not looked into. */
  readonly records: Buffer
}

/** What a decoder gives: every field, whichever the version. */
export type Decoded<F> = { readonly [N in Exclude<keyof F, '$'>]: DecodedField<F[N]> }

type DecodedField<S> = S extends string
  ? Scalar<TypeOf<S>>
  : S extends { readonly $: infer Holder extends string }
    ? Held<TypeOf<Holder>, Decoded<S>>
    : never

/** What an encoder takes: fields may be left out that have a default or that some version does not have. */
export type Encodable<F> = {
  readonly [N in Exclude<keyof F, '$'> as IsOptional<F[N]> extends true ? never : N]: EncodableField<F[N]>
} & {
  readonly [N in Exclude<keyof F, '$'> as IsOptional<F[N]> extends true ? N : never]?: EncodableField<F[N]> | undefined
}

type EncodableField<S> = S extends string
  ? Scalar<TypeOf<S>>
  : S extends { readonly $: infer Holder extends string }
    ? Held<TypeOf<Holder>, Encodable<S>>
    : never

type IsOptional<S> = S extends string
  ? S extends `${string} ${'=' | 'tag:' | Digit}${string}`
    ? true
    : false
  : S extends { readonly $: infer Holder }
    ? IsOptional<Holder>
    : never

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

type TypeOf<S extends string> = S extends `${infer Type} ${string}` ? Type : S

type Held<Holder extends string, Struct> = Holder extends `${infer Inner}?${string}`
  ? Held<Inner, Struct> | null
  : Holder extends '[]'
    ? readonly Struct[]
    : Struct

type Scalar<T extends string> = T extends `${infer Inner}?${string}`
  ? Scalar<Inner> | null
  : T extends `${infer Element}[]`
    ? readonly Scalar<Element>[]
    : T extends keyof Primitives
      ? Primitives[T]
      : never
