import avsc, { type Type, type types } from 'avsc'
import { boundedCollection } from './avro-collections.ts'
import { bigintLong, exactLong } from './avro-longs.ts'

/** An Avro schema: JSON as an object, the JSON text of an .avsc file, or the name of a primitive type. */
export type AvroSchema = string | object

export interface AvroTypeOptions {
  /**
   * What an Avro long is here. `number` (the default): a value beyond +-(2^53-1) is an error. `bigint`: exact for all of
   * them; a long that carries one of your logical types is still a number.
   */
  readonly longs?: 'number' | 'bigint'
  /** avsc's logical types by name, for example `{ decimal: DecimalType }`. A name that is not here is ignored. */
  readonly logicalTypes?: Readonly<Record<string, AvroLogicalType>>
}

/** A class that extends avsc's `types.LogicalType`. */
export type AvroLogicalType = new (...args: never[]) => types.LogicalType

type LogicalTypes = NonNullable<NonNullable<Parameters<typeof Type.forSchema>[1]>['logicalTypes']>
type SchemaNode = Parameters<typeof Type.forSchema>[0] & { readonly type?: unknown; readonly logicalType?: string }

/** @throws Error of avsc on an invalid schema */
export function avroType(schema: object | string, options: AvroTypeOptions): Type {
  const logicalTypes = (options.logicalTypes ?? {}) as LogicalTypes
  let logicalNode: unknown
  return avsc.Type.forSchema(schema as SchemaNode, {
    logicalTypes,
    // The methods that avsc would put on decoded records are not part of anybody's type.
    omitRecordMethods: true,
    typeHook(node, hookOptions) {
      const { type, logicalType } = node as SchemaNode
      const isLogical = logicalType !== undefined && Object.hasOwn(logicalTypes, logicalType)
      // avsc asks twice about such a node: for the logical type, and then for the type under it.
      if (isLogical && node !== logicalNode) {
        logicalNode = node
        return undefined
      }
      logicalNode = undefined
      if (node === 'long' || type === 'long') return options.longs === 'bigint' && !isLogical ? bigintLong : exactLong
      return boundedCollection(node, hookOptions)
    },
  })
}

/** The schema as JSON: text that is JSON is parsed, another text is a primitive type's name. @throws SyntaxError */
export function avroSchemaJson(schema: AvroSchema): object | string {
  return typeof schema === 'string' && /^\s*[[{"]/.test(schema) ? (JSON.parse(schema) as object | string) : schema
}
