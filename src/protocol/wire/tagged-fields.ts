import { ProtocolError } from '../../core/errors.ts'
import type { ByteReader } from './byte-reader.ts'
import { isDefault } from './defaults.ts'
import { MessageWriter } from './message-writer.ts'
import type { Struct, StructField } from './struct-codec.ts'

export interface TaggedFields {
  read(reader: ByteReader, into: Record<string, unknown>): void
  write(writer: MessageWriter, struct: Struct): void
}

/** The tagged fields at the end of a structure (KIP-482). Tags that the table does not know are skipped. */
export function taggedFields(fields: readonly StructField[]): TaggedFields {
  const byTag = new Map(fields.map((field) => [field.spec.tag, field]))
  const inOrder = fields.toSorted((a, b) => a.spec.tag! - b.spec.tag!)
  return {
    read(reader, into) {
      for (let count = reader.unsignedVarint(); count > 0; count--) {
        const field = byTag.get(reader.unsignedVarint())
        const size = reader.unsignedVarint()
        const end = reader.at + size
        if (field === undefined) reader.skip(size)
        else into[field.spec.name] = field.codec.read(reader)
        if (reader.at !== end) throw new ProtocolError('corrupt data: a tagged field has not the size that it says')
      }
    },
    write(writer, struct) {
      const given = inOrder.filter(({ spec, fallback }) => !isDefault(struct[spec.name], fallback))
      writer.unsignedVarint(given.length)
      for (const field of given) writeTagged(writer, field, struct[field.spec.name])
    },
  }
}

function writeTagged(writer: MessageWriter, { spec, codec }: StructField, value: unknown): void {
  const content = new MessageWriter(64)
  codec.write(content, value)
  writer.unsignedVarint(spec.tag!)
  writer.unsignedVarint(content.length)
  writer.raw(content.bytes())
}

export function skipTaggedFields(reader: ByteReader): void {
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    reader.unsignedVarint()
    reader.skip(reader.unsignedVarint())
  }
}
