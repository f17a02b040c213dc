/* Writes kafka-4.1.0.txt: what Kafka's own classes make of our samples. Needs a JDK 17: `tsx test/conformance/messages/write-golden.ts`. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Struct } from '../../../src/protocol/wire/struct-codec.ts'
import { fieldSpecs, includes } from '../../../src/protocol/wire/field-spec.ts'
import type { Fields } from '../../../src/protocol/wire/message-table.ts'
import { kafkaJars } from '../../../src/testing/kafka-jars.ts'
import { kafkaName, messageCases } from './message-cases.ts'

const libs = await kafkaJars('.cache/kafka-4.1.0')
const input = messageCases.map(({ name, version, fields, message }) => {
  const body = Object.entries(kafkaJson(fields, message, version)).map(([field, value]) => [
    kafkaName(name, field),
    value,
  ])
  const javaClass = name.startsWith('Consumer') ? name : `${name}Data`
  return `${javaClass} ${version} ${JSON.stringify(Object.fromEntries(body))}`
})
const java = spawnSync('java', ['-cp', `${libs}/*`, join(import.meta.dirname, 'WriteMessages.java')], {
  input: `${input.join('\n')}\n`,
  encoding: 'utf8',
  maxBuffer: 1e8,
})
if (java.status !== 0) throw new Error(java.stderr)
const lines = java.stdout.trim().split('\n')
const bytes = messageCases.map(({ name, version, sample }, index) => `${name} ${version} ${sample} ${lines[index]}`)
writeFileSync(
  join(import.meta.dirname, 'kafka-4.1.0.txt'),
  `${[...bytes, ...lines.slice(bytes.length).map((line) => `error ${line}`)].join('\n')}\n`,
)

/** As Kafka's JSON converters want it: bytes in base64, no fields that the version does not have. */
function kafkaJson(fields: Fields, message: Struct, version: number): Struct {
  const present = fieldSpecs(fields).filter(({ versions }) => includes(versions, version))
  return Object.fromEntries(
    present.map(({ name, fields: inner }) => {
      const value = message[name]
      const convert = (item: unknown): unknown => {
        if (Buffer.isBuffer(item)) return item.toString('base64')
        return inner === undefined || item === null ? item : kafkaJson(inner, item as Struct, version)
      }
      return [name, Array.isArray(value) ? value.map(convert) : convert(value)]
    }),
  )
}
