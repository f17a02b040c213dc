import avsc, { type Type } from 'avsc'
import { SerializationError } from '../core/errors.ts'
import type { Tap } from './avro-tap.ts'

// avsc 5.7.9 believes the item count that it reads: four corrupt bytes make it collect 2^32 items past the end of the
// record, until the process is out of memory. These types stop where the bytes stop, in reading and in skipping.

/** Items may be empty (nulls, records without fields), so a block may hold more items than bytes: this many more. */
const emptyItemsMax = 65_536

interface ItemType {
  _read(tap: Tap): unknown
  _skip(tap: Tap): void
}

/** The bounded type for an array or map schema, undefined for every other schema. */
export function boundedCollection(schema: unknown, options: unknown): Type | undefined {
  const kind = (schema as { readonly type?: unknown }).type
  if (kind === 'array')
    return new BoundedArrayType(schema as ConstructorParameters<typeof BoundedArrayType>[0], options)
  if (kind === 'map') return new BoundedMapType(schema as ConstructorParameters<typeof BoundedMapType>[0], options)
  return undefined
}

// avsc calls `_read` also on resolvers, which are no instances of these classes but have the same `itemsType`.
class BoundedArrayType extends avsc.types.ArrayType {
  declare readonly itemsType: Type & ItemType

  _read(tap: Tap): unknown[] {
    const items: unknown[] = []
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (; count > 0 && tap.isValid(); count--) items.push(this.itemsType._read(tap))
    }
    return items
  }

  _skip(tap: Tap): void {
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (; count > 0 && tap.isValid(); count--) this.itemsType._skip(tap)
    }
  }
}

class BoundedMapType extends avsc.types.MapType {
  declare readonly valuesType: Type & ItemType

  _read(tap: Tap): Record<string, unknown> {
    const entries: Record<string, unknown> = {}
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (; count > 0 && tap.isValid(); count--) entries[tap.readString()] = this.valuesType._read(tap)
    }
    return entries
  }

  _skip(tap: Tap): void {
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (; count > 0 && tap.isValid(); count--) {
        tap.skipString()
        this.valuesType._skip(tap)
      }
    }
  }
}

/** The number of items of the next block; 0 after the last one. */
function blockCount(tap: Tap): number {
  const count = tap.readLong()
  // A negative count is followed by the block's length in bytes, for readers that skip whole blocks.
  if (count < 0) tap.readLong()
  const remaining = tap.buf.length - tap.pos
  if (Math.abs(count) <= remaining + emptyItemsMax) return Math.abs(count)
  throw new SerializationError(
    'decode',
    `a collection claims ${Math.abs(count)} items in the ${remaining} bytes that are left`,
  )
}
