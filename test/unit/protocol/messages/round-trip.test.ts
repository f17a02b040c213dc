import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messages, supportedVersions, type ApiName } from '../../../../src/protocol/messages/messages.ts'
import { decodeRequest, encodeRequest, readRequestHeader } from '../../../../src/protocol/messages/request.ts'
import { decodeResponse, encodeResponse, responseCorrelationId } from '../../../../src/protocol/messages/response.ts'
import type { MessageTable } from '../../../../src/protocol/wire/message-table.ts'
import { messageOf } from '../../../support/table-values.ts'

const runs = { numRuns: 30 }
const int32 = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 })

const cases = (Object.keys(messages) as ApiName[]).flatMap((api) => {
  const [first, last] = supportedVersions(api)
  return Array.from({ length: last - first + 1 }, (_, index) => ({ api, version: first + index }))
})

/** Without the size that stands before it. */
function sent(frame: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(frame)
  expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
  return bytes.subarray(4)
}

describe.each(cases)('$api version $version', ({ api, version }) => {
  const table: MessageTable = messages[api]

  test('a request comes back as it was', () => {
    const clientId = fc.option(fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(messageOf(table.request, version), int32, clientId, (body, correlationId, client) => {
        const target = { api, version, correlationId, clientId: client }
        const bytes = sent(encodeRequest(target, body as never))
        expect(readRequestHeader(bytes)).toEqual({ ...target, apiKey: table.key, supported: true })
        expect(decodeRequest(bytes)).toEqual({ ...target, body })
      }),
      runs,
    )
  })

  test('a response comes back as it was', () => {
    // Error 35 in an answer to ApiVersions means version 0, whatever was asked: a test of its own.
    const body = messageOf(table.response, version).filter((b) => api !== 'ApiVersions' || b['errorCode'] !== 35)
    fc.assert(
      fc.property(body, int32, (given, correlationId) => {
        const bytes = sent(encodeResponse({ api, version, correlationId }, given as never))
        expect(responseCorrelationId(bytes)).toBe(correlationId)
        expect(decodeResponse(api, version, bytes)).toEqual(given)
      }),
      runs,
    )
  })
})
