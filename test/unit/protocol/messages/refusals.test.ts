import { ProtocolError } from 'millrace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from '../../../../src/protocol/messages/consumer-protocol.ts'
import { messages, type ApiName } from '../../../../src/protocol/messages/messages.ts'
import { decodeRequest, encodeRequest, readRequestHeader } from '../../../../src/protocol/messages/request.ts'
import { decodeResponse, encodeResponse } from '../../../../src/protocol/messages/response.ts'
import type { MessageTable } from '../../../../src/protocol/wire/message-table.ts'
import { messageOf } from '../../../support/table-values.ts'

const apis = Object.keys(messages) as ApiName[]
const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })

/** Garbage is refused with the one error that says so; what happens to be a message is none of our business. */
function orRefuses(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
  }
}

describe('bytes off the network', () => {
  test.each(apis)('%s with changed, cut or added bytes is read or refused', (api) => {
    const table: MessageTable = messages[api]
    const version = fc.integer({ min: table.versions[0], max: table.versions[1] })
    const cases = version.chain((v) =>
      fc.tuple(fc.constant(v), messageOf(table.request, v), messageOf(table.response, v), changes, fc.nat(60)),
    )
    fc.assert(
      fc.property(cases, ([v, request, response, changed, cut]) => {
        const sent = [
          encodeRequest({ api, version: v, correlationId: 1, clientId: 'me' }, request as never),
          encodeResponse({ api, version: v, correlationId: 1 }, response as never),
        ].map((frame) => Buffer.concat(frame).subarray(4))
        for (const bytes of sent) for (const [at, byte] of changed) bytes[at % bytes.length] = byte
        for (const bytes of [...sent, ...sent.map((each) => each.subarray(0, -cut || undefined))]) {
          orRefuses(() => decodeRequest(bytes))
          orRefuses(() => decodeResponse(api, v, bytes))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('any bytes at all are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...apis), (array, api) => {
        const bytes = Buffer.from(array)
        const [first, last] = messages[api].versions
        orRefuses(() => readRequestHeader(bytes))
        orRefuses(() => decodeRequest(bytes))
        for (let version = first; version <= last; version++) orRefuses(() => decodeResponse(api, version, bytes))
        orRefuses(() => decodeConsumerSubscription(bytes))
        orRefuses(() => decodeConsumerAssignment(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test('a count of two billions is refused before anything is made of it', () => {
    const bytes = Buffer.from('000000017fffffff', 'hex')
    expect(() => decodeResponse('Metadata', 0, bytes)).toThrow(/2147483647 elements in 0 bytes/)
    const compact = Buffer.from('00000001000000000000ffffffff0f', 'hex')
    expect(() => decodeResponse('Heartbeat', 4, compact)).toThrow(ProtocolError)
    expect(() => decodeResponse('Metadata', 9, Buffer.from('000000010000000000ffffffff0f', 'hex'))).toThrow(
      /elements in/,
    )
  })

  test('bytes that are left over are refused', () => {
    const bytes = Buffer.from('00000001 0000 00'.replaceAll(' ', ''), 'hex')
    expect(() => decodeResponse('Heartbeat', 0, bytes)).toThrow(
      /Heartbeat response, version 0: .*1 bytes are left over/,
    )
  })

  test('a tagged field that nobody knows is skipped', () => {
    const bytes = Buffer.from('00000001' + '00' + '00000000' + '0000' + '01' + '63' + '03' + 'aabbcc', 'hex')
    expect(decodeResponse('Heartbeat', 4, bytes)).toEqual({ throttleTimeMs: 0, errorCode: 0 })
  })

  test('a number beyond what a double holds is refused, not rounded', () => {
    const bytes = Buffer.from('00000001' + '00000000' + '0000' + '7fffffffffffffff' + '0000', 'hex')
    expect(() => decodeResponse('InitProducerId', 0, bytes)).toThrow(/beyond 2\^53/)
  })

  test('a request that Millrace does not speak has a header all the same', () => {
    const unknown = Buffer.from('7000' + '0001' + '00000005' + '00026d65', 'hex')
    expect(readRequestHeader(unknown)).toMatchObject({
      api: undefined,
      supported: false,
      correlationId: 5,
      clientId: 'me',
    })
    expect(() => decodeRequest(unknown)).toThrow(/request 28672, version 1: Millrace does not speak it/)
    const tooNew = Buffer.from('0012' + '0063' + '00000005' + '00026d65', 'hex')
    expect(readRequestHeader(tooNew)).toMatchObject({ api: 'ApiVersions', version: 99, supported: false })
    expect(() => decodeRequest(tooNew)).toThrow(ProtocolError)
  })
})

describe('what a version cannot say', () => {
  const join = { groupId: 'g', sessionTimeoutMs: 1, memberId: '', protocolType: 'consumer', protocols: [] }
  const target = { api: 'JoinGroup', version: 4, correlationId: 1, clientId: null } as const

  test('is refused where it matters', () => {
    const body = { ...join, groupInstanceId: 'i' }
    expect(() => encodeRequest(target, body)).toThrow(/JoinGroup request, version 4: .*cannot say groupInstanceId/)
  })

  test('is dropped where Kafka calls it ignorable', () => {
    expect(encodeRequest(target, { ...join, reason: 'restart' })).toEqual(encodeRequest(target, join))
  })

  test('a field without a default must be given', () => {
    const { groupId: _, ...without } = join
    expect(() => encodeRequest(target, without as typeof join)).toThrow(/groupId is missing/)
  })

  test.each([[40_000], [1.5], [NaN]])('%d is no int16', (errorCode) => {
    expect(() => encodeResponse({ api: 'Heartbeat', version: 0, correlationId: 1 }, { errorCode })).toThrow(
      ProtocolError,
    )
  })

  test('null is refused where the version has none', () => {
    const metadata = { api: 'Metadata', version: 0, correlationId: 1, clientId: null } as const
    expect(() => encodeRequest(metadata, { topics: null })).toThrow(/null/)
  })

  test('a version that Millrace does not speak is named', () => {
    const heartbeat = { api: 'Heartbeat', version: 9, correlationId: 1 } as const
    expect(() => encodeResponse(heartbeat, { errorCode: 0 })).toThrow(/Heartbeat version 9 is none of 0 to 4/)
  })
})

test('records go out as they are, without a copy', () => {
  const records = Buffer.alloc(10_000, 7)
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
  const target = { api: 'Produce', version: 9, correlationId: 1, clientId: null } as const
  const frame = encodeRequest(target, { acks: -1, timeoutMs: 1, topicData })
  expect(frame.some((piece) => piece === records)).toBe(true)
  const bytes = Buffer.concat(frame).subarray(4)
  const request = decodeRequest(bytes)
  const read = request.api === 'Produce' ? request.body.topicData[0]!.partitionData[0]!.records! : records
  expect(read).toEqual(records)
  expect(read.buffer).toBe(bytes.buffer)
})

test('a message stays as it was while the next ones are written', () => {
  const target = { api: 'Heartbeat', version: 0, correlationId: 1 } as const
  const first = encodeResponse(target, { errorCode: 1 })
  const copy = Buffer.concat(first)
  encodeResponse(target, { errorCode: 2 })
  expect(Buffer.concat(first)).toEqual(copy)
})

test('a subscription of a newer version is read as far as it is known', () => {
  const bytes = Buffer.concat([encodeConsumerSubscription({ topics: ['a'], ownedPartitions: [] }), Buffer.from('new')])
  bytes.writeInt16BE(9)
  expect(decodeConsumerSubscription(bytes)).toMatchObject({ topics: ['a'], generationId: -1, rackId: null })
})

test('an assignment comes back as it was, in every version', () => {
  const assignment = { assignedPartitions: [{ topic: 'a', partitions: [0, 2] }], userData: Buffer.from('more') }
  for (let version = 0; version <= 3; version++) {
    expect(decodeConsumerAssignment(encodeConsumerAssignment(assignment, version))).toEqual(assignment)
  }
})
