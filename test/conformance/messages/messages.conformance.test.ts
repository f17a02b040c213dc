/* Bytes that the classes of Apache Kafka 4.1.0 wrote (`write-golden.ts`). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kafkaError, kafkaErrorOf, type KafkaErrorName } from '../../../src/protocol/kafka-error.ts'
import { ByteReader } from '../../../src/protocol/wire/byte-reader.ts'
import { MessageWriter } from '../../../src/protocol/wire/message-writer.ts'
import { structCodec } from '../../../src/protocol/wire/struct-codec.ts'
import { messageCases, tables, type MessageCase } from './message-cases.ts'

const lines = readFileSync(join(import.meta.dirname, 'kafka-4.1.0.txt'), 'utf8')
  .trimEnd()
  .split('\n')
const written = new Map(
  lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
)

function bytesOfKafka({ name, version, sample }: MessageCase): string {
  return written.get(`${name} ${version} ${sample}`) ?? 'Kafka was not asked: run write-golden.ts'
}

describe.each(tables.map(({ name }) => name))('%s', (name) => {
  const cases = messageCases.filter((each) => each.name === name)

  test('is written as Kafka writes it', () => {
    for (const each of cases) {
      const writer = new MessageWriter()
      structCodec(each.fields, each).write(writer, each.message)
      expect(Buffer.concat(writer.pieces()).toString('hex')).toBe(bytesOfKafka(each))
    }
  })

  test('is read as Kafka meant it', () => {
    for (const each of cases) {
      const reader = new ByteReader(Buffer.from(bytesOfKafka(each), 'hex'))
      expect(structCodec(each.fields, each).read(reader)).toEqual(each.message)
      expect(reader.remaining).toBe(0)
    }
  })
})

test('every error of Kafka has its code, and the same ones are worth a retry', () => {
  const errors = lines.filter((line) => line.startsWith('error ')).map((line) => line.split(' '))
  expect(errors.length).toBeGreaterThan(100)
  for (const [, code, name, retriable] of errors) {
    expect(kafkaErrorOf(Number(code))).toMatchObject({ name, retriable: retriable === 'true' })
    expect(kafkaError[name as KafkaErrorName]).toBe(Number(code))
  }
})

test('a code that is newer than the table is an error all the same, and not to be retried', () => {
  expect(kafkaErrorOf(999)).toMatchObject({ code: 999, name: 'ERROR_999', retriable: false })
})
