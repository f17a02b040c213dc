import { avroSchemaJson, avroType } from './avro-type.ts'
import { messageOf } from './message-of.ts'

/** One text for schemas that differ in white space only. @throws Error that says what is not Avro about it */
export function normalizedAvro(schema: string): string {
  const json = avroSchemaJson(schema)
  avroType(json, {})
  return JSON.stringify(json)
}

/** Why a reader with the one schema cannot read what was written with the other; undefined when it can. Both are valid Avro. */
export function whyUnreadable(reader: string, writer: string): string | undefined {
  const [readerType, writerType] = [reader, writer].map((text) => avroType(avroSchemaJson(text), {}))
  try {
    readerType!.createResolver(writerType!)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
