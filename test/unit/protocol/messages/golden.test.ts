/* Messages written down by hand from Kafka's protocol guide, byte by byte. */
import { describe, expect, test } from 'vitest'
import { decodeRequest, encodeRequest } from '../../../../src/protocol/messages/request.ts'
import { decodeResponse, encodeResponse } from '../../../../src/protocol/messages/response.ts'

/** Bytes in hex, with blanks to read them by; a text in quotes stands for its bytes. */
function bytes(text: string): Buffer {
  const hex = text.replaceAll(/"([^"]*)"/g, (_, quoted: string) => Buffer.from(quoted).toString('hex'))
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')
}

const afterSize = (frame: readonly Buffer[]): Buffer => Buffer.concat(frame).subarray(4)

describe('ApiVersions version 3', () => {
  test('a request has a flexible header, whose client id has a plain length', () => {
    const expected = bytes('0012 0003 00000007 0002 "me" 00  05 "java" 06 "4.1.0" 00')
    const body = { clientSoftwareName: 'java', clientSoftwareVersion: '4.1.0' }
    const target = { api: 'ApiVersions', version: 3, correlationId: 7, clientId: 'me' } as const
    expect(afterSize(encodeRequest(target, body))).toEqual(expected)
    expect(decodeRequest(expected)).toEqual({ ...target, body })
  })

  test('a response has a header without tags, and tagged fields that are given', () => {
    const expected = bytes('00000007 0000 02 0003 0000 0009 00 00000000  01 01 08 0000000000000005')
    const body = {
      errorCode: 0,
      apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 9 }],
      finalizedFeaturesEpoch: 5,
    }
    expect(afterSize(encodeResponse({ api: 'ApiVersions', version: 3, correlationId: 7 }, body))).toEqual(expected)
    expect(decodeResponse('ApiVersions', 3, expected)).toMatchObject(body)
  })

  test('a broker that does not know the version answers in version 0, and is understood (KIP-511)', () => {
    const refusal = bytes('00000007 0023 00000001 0012 0000 0002')
    const body = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] }
    expect(afterSize(encodeResponse({ api: 'ApiVersions', version: 0, correlationId: 7 }, body))).toEqual(refusal)
    expect(decodeResponse('ApiVersions', 4, refusal)).toMatchObject(body)
  })
})

describe('Metadata version 1', () => {
  test('a request for all topics is null, for none is empty', () => {
    const target = { api: 'Metadata', version: 1, correlationId: 1, clientId: null } as const
    const head = '0003 0001 00000001 ffff '
    expect(afterSize(encodeRequest(target, { topics: null }))).toEqual(bytes(`${head} ffffffff`))
    expect(afterSize(encodeRequest(target, { topics: [] }))).toEqual(bytes(`${head} 00000000`))
  })

  test('a response', () => {
    const expected = bytes(`00000001
      00000001 00000001 0001 "h" 00002384 ffff  00000001
      00000001 0000 0001 "t" 00 00000001 0000 00000000 00000001 00000001 00000001 00000001 00000001`)
    const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }
    const body = {
      brokers: [{ nodeId: 1, host: 'h', port: 9092, rack: null }],
      controllerId: 1,
      topics: [{ errorCode: 0, name: 't', isInternal: false, partitions: [partition] }],
    }
    expect(afterSize(encodeResponse({ api: 'Metadata', version: 1, correlationId: 1 }, body))).toEqual(expected)
    expect(decodeResponse('Metadata', 1, expected)).toMatchObject(body)
  })
})

test('JoinGroup version 5 brings a static member', () => {
  const expected = bytes(`000b 0005 00000002 0002 "me"
    0001 "g" 00001770 00002710 0000 0002 "i1" 0008 "consumer" 00000001 0005 "range" 00000003 010203`)
  const body = {
    groupId: 'g',
    sessionTimeoutMs: 6000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    groupInstanceId: 'i1',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from([1, 2, 3]) }],
  }
  const target = { api: 'JoinGroup', version: 5, correlationId: 2, clientId: 'me' } as const
  expect(afterSize(encodeRequest(target, body))).toEqual(expected)
  expect(decodeRequest(expected)).toMatchObject({ ...target, body })
})
