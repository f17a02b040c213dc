/** How a value is checked and turned into its resolved form. */
export type ConfigType =
  | { readonly type: 'text' }
  /** A name that may be part of a topic's name. */
  | { readonly type: 'name' }
  | { readonly type: 'addresses' }
  /** One address to listen at; port 0 is any free one. */
  | { readonly type: 'listen-address' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | {
      readonly type: 'integer'
      readonly min: number
      readonly max: number
      readonly unit: 'records' | 'entries' | 'bytes' | ''
    }
  | { readonly type: 'duration'; readonly min: number; readonly max: number }
  | { readonly type: 'tls' }
  | { readonly type: 'sasl' }
  | { readonly type: 'registry' }
  | { readonly type: 'policy' }

export type ConfigRow = ConfigType & {
  /** As users write it; a dot leads into a nested object. */
  readonly key: string
  /** Null: none, or derived as `doc` says. */
  readonly fallback: string | number | boolean | readonly string[] | null
  readonly importance: 'high' | 'medium' | 'low'
  readonly doc: string
  /** The setting of Kafka, or of Kafka Streams, that it corresponds to. */
  readonly kafka: string | null
}

type RowDetails = Omit<ConfigRow, 'key'> & ConfigType

export function row(key: string, details: RowDetails): ConfigRow {
  return Object.freeze({ key, ...details })
}

export function duration(
  min: number,
  fallback: number,
  max: number,
): { type: 'duration'; min: number; fallback: number; max: number } {
  return { type: 'duration', min, fallback, max }
}

export function count<U extends string>(
  unit: U,
  min: number,
  fallback: number,
  max: number,
): { type: 'integer'; unit: U; min: number; fallback: number; max: number } {
  return { type: 'integer', unit, min, fallback, max }
}
