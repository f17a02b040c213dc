import type { Type } from 'avsc'
import { avroSchemaJson, avroType, type AvroTypeOptions } from './avro-type.ts'
import { messageOf } from './message-of.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface AvroReadersOptions {
  /** The type that everything is read into. */
  readonly type: Type
  readonly options: AvroTypeOptions
  readonly registry: SchemaRegistry
  /** The id under which the registry knows the schema of `type`. */
  readonly schemaId: number
}

/** Reads a body that starts at `position`. `offset` is where it ends, or negative when the bytes end before. */
export type AvroReader = (bytes: Buffer, position: number) => { readonly value: unknown; readonly offset: number }

/** How to read what each writer's schema wrote, by the schema's id. Holds at most as many as the registry has schemas. */
export interface AvroReaders {
  find(id: number): AvroReader | undefined
  /** Undefined when the reader is there. @throws (rejects with) what the registry throws; the next call tries again */
  load(id: number): Promise<void> | undefined
}

export function avroReaders({ type, options, registry, schemaId }: AvroReadersOptions): AvroReaders {
  const readers = new Map<number, AvroReader>([[schemaId, (bytes, position) => type.decode(bytes, position)]])
  const loading = new Map<number, Promise<void>>()

  async function fetch(id: number): Promise<void> {
    try {
      const schema = await registry.schemaById(id)
      // An unknown id is asked for again when it is met again: a registry may learn of a schema late.
      if (schema !== undefined) readers.set(id, readerOf(schema, id, { type, options }))
    } finally {
      loading.delete(id)
    }
  }

  return {
    find: (id) => readers.get(id),
    load(id) {
      if (readers.has(id)) return undefined
      const promise = loading.get(id) ?? fetch(id)
      loading.set(id, promise)
      return promise
    },
  }
}

function readerOf(
  schema: string,
  id: number,
  { type, options }: Pick<AvroReadersOptions, 'type' | 'options'>,
): AvroReader {
  try {
    // Longs stay plain on the writer's side: the reader's type decides what becomes of them. And always a resolver, even
    // for schemas that look equal: avsc's `equals` does not see that two decimals have different scales.
    const resolver = type.createResolver(avroType(avroSchemaJson(schema), { ...options, longs: 'number' }))
    return (bytes, position) => type.decode(bytes, position, resolver)
  } catch (cause) {
    // No promise can mend it, so it is not thrown here: each record that has this id is bad, and decoding says so.
    return () => {
      throw new Error(`what schema id ${id} wrote does not fit this schema: ${messageOf(cause)}`, { cause })
    }
  }
}
