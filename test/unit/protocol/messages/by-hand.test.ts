/* What is written by hand is held to its table: the same bytes, the same values, the same refusals. */
import { ProtocolError } from 'millrace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyCodec } from '../../../../src/protocol/messages/body-codec.ts'
import { fetch } from '../../../../src/protocol/messages/fetch.ts'
import { produce } from '../../../../src/protocol/messages/produce.ts'
import { ByteReader } from '../../../../src/protocol/wire/byte-reader.ts'
import type { Codec } from '../../../../src/protocol/wire/codec.ts'
import { MessageWriter } from '../../../../src/protocol/wire/message-writer.ts'
import { structCodec } from '../../../../src/protocol/wire/struct-codec.ts'
import { messageOf } from '../../../support/table-values.ts'

function write(codec: Codec, message: unknown): Buffer {
  const writer = new MessageWriter()
  codec.write(writer, message)
  return Buffer.concat(writer.pieces())
}

/** The message, or that it was refused. */
function read(codec: Codec, bytes: Buffer): unknown {
  try {
    return codec.read(new ByteReader(bytes))
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return 'refused'
  }
}

const cases = [
  { api: 'Produce', direction: 'request', table: produce },
  { api: 'Fetch', direction: 'response', table: fetch },
] as const

describe.each(
  cases.flatMap(({ table, ...each }) =>
    Array.from({ length: table.versions[1] - table.versions[0] + 1 }, (_, index) => ({
      ...each,
      version: table.versions[0] + index,
      fields: table[each.direction as never],
      flexible: table.versions[0] + index >= table.flexible,
    })),
  ),
)('$api $direction version $version', ({ api, direction, version, fields, flexible }) => {
  const byHand = bodyCodec(api, version, direction)
  const derived = structCodec(fields, { version, flexible })
  const message = messageOf(fields, version)

  test('is written and read as the table says', () => {
    fc.assert(
      fc.property(message, (given) => {
        const bytes = write(derived, given)
        expect(write(byHand, given)).toEqual(bytes)
        expect(read(byHand, bytes)).toEqual(given)
      }),
      { numRuns: 60 },
    )
  })

  test('refuses what the table refuses, and understands the rest alike', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(message, changes, (given, changed) => {
        const bytes = write(derived, given)
        for (const [at, byte] of changed) bytes[at % bytes.length] = byte
        expect(read(byHand, bytes)).toEqual(read(derived, bytes))
      }),
      { numRuns: 100 },
    )
  })

  test('counts the same fewest bytes, against which counts are checked', () => {
    expect(byHand.bytesMin).toBe(derived.bytesMin)
  })
})

test('a fetch response of an old version refuses what only a newer one can say', () => {
  const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records: null }
  const response = (more: object): object => ({
    errorCode: 0,
    responses: [{ topic: 't', partitions: [{ ...partition, ...more }] }],
  })
  expect(() => write(bodyCodec('Fetch', 10, 'response'), response({ preferredReadReplica: 3 }))).toThrow(ProtocolError)
  const currentLeader = { leaderId: 1, leaderEpoch: 2 }
  expect(() => write(bodyCodec('Fetch', 11, 'response'), response({ currentLeader }))).toThrow(ProtocolError)
})
