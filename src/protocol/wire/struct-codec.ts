/* A table's fields at one version, made into closures once. */
import { ProtocolError } from '../../core/errors.ts'
import type { Codec } from './codec.ts'
import { defaultOf, isDefault } from './defaults.ts'
import { fieldSpecs, includes, type FieldSpec } from './field-spec.ts'
import type { Fields } from './message-table.ts'
import type { MessageWriter } from './message-writer.ts'
import { arrayOf, primitive } from './primitives.ts'
import { taggedFields } from './tagged-fields.ts'

export type Struct = Readonly<Record<string, unknown>>

export interface Format {
  readonly version: number
  readonly flexible: boolean
}

/** A field as one version has it. */
export interface StructField {
  readonly spec: FieldSpec
  readonly fallback: unknown
  readonly codec: Codec
}

export function structCodec(fields: Fields, format: Format): Codec<Struct> {
  const specs = fieldSpecs(fields)
  const all = specs.map((spec) => ({ spec, fallback: defaultOf(spec) }))
  const present = all
    .filter(({ spec }) => includes(spec.versions, format.version))
    .map(({ spec, fallback }) => ({ spec, fallback, codec: fieldCodec(spec, format) }))
  const plain = present.filter(({ spec }) => spec.tag === undefined)
  const tagged = taggedFields(present.filter(({ spec }) => spec.tag !== undefined))
  // Every field: the shape of the object is the same in all versions.
  const blank: Struct = Object.fromEntries(all.map(({ spec, fallback }) => [spec.name, fallback]))
  const unsayable = all.filter(({ spec }) => !spec.ignorable && !includes(spec.versions, format.version))
  return {
    bytesMin: plain.reduce((sum, { codec }) => sum + codec.bytesMin, format.flexible ? 1 : 0),
    read(reader) {
      const struct: Record<string, unknown> = { ...blank }
      for (const { spec, codec } of plain) struct[spec.name] = codec.read(reader)
      if (format.flexible) tagged.read(reader, struct)
      return struct
    },
    write(writer, struct) {
      for (const { spec, fallback } of unsayable) refuse(spec, struct[spec.name], fallback)
      for (const field of plain) writeField(writer, field, struct[field.spec.name])
      if (format.flexible) tagged.write(writer, struct)
    },
  }
}

function fieldCodec(spec: FieldSpec, format: Format): Codec {
  const { flexible } = format
  const nullable = includes(spec.nullable, format.version)
  const { type, array } = spec
  const element =
    spec.fields === undefined
      ? primitive(type, { flexible, nullable: nullable && !array })
      : structCodec(spec.fields, format)
  return array ? arrayOf(element, { flexible, nullable }) : element
}

function writeField(writer: MessageWriter, { spec, fallback, codec }: StructField, value: unknown): void {
  if (value === undefined && spec.defaultText === undefined) throw new ProtocolError(`${spec.name} is missing`)
  codec.write(writer, value === undefined ? fallback : value)
}

function refuse(spec: FieldSpec, value: unknown, fallback: unknown): void {
  if (!isDefault(value, fallback)) throw new ProtocolError(`this version cannot say ${spec.name}`)
}
