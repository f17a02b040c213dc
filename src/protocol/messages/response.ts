/*
 * Responses: a broker encodes them, a client decodes them.
 *
 *     const frame = encodeResponse({ api: 'Metadata', version: 9, correlationId: 1 }, { brokers, topics })
 *
 * A client gets whole messages, without their sizes, from a `FrameSplitter`:
 *
 *     const correlationId = responseCorrelationId(bytes)     // says which request it answers
 *     const body = decodeResponse('Metadata', 9, bytes)      // the version is the request's
 *
 * Headers have tagged fields where the response is flexible. Those of ApiVersions never have: who sent it does not know the
 * broker yet (KIP-511). A broker that does not know the version answers in version 0 with error 35, and with its range for
 * ApiVersions in the list; `decodeResponse` understands that, whichever version was asked.
 */
import { ByteReader } from '../wire/byte-reader.ts'
import { skipTaggedFields } from '../wire/tagged-fields.ts'
import { bodyCodec, isFlexible } from './body-codec.ts'
import { decodeFrame, encodeFrame, type Frame } from './frame.ts'
import type { ApiName, NewResponse, ResponseOf } from './messages.ts'

export interface ResponseTarget<A extends ApiName> {
  readonly api: A
  readonly version: number
  readonly correlationId: number
}

const correlationIdBytes = 4
const unsupportedVersion = 35

/** @throws ProtocolError when the version is unknown, or cannot say what the body says */
export function encodeResponse<A extends ApiName>(target: ResponseTarget<A>, body: NewResponse<A>): Frame {
  const { api, version, correlationId } = target
  return encodeFrame(`${api} response, version ${version}`, (writer) => {
    const codec = bodyCodec(api, version, 'response')
    writer.int32(correlationId)
    if (hasTaggedHeader(api, version)) writer.unsignedVarint(0)
    codec.write(writer, body)
  })
}

/** @throws ProtocolError when the bytes are too few */
export function responseCorrelationId(bytes: Buffer): number {
  return new ByteReader(bytes).int32()
}

/** @throws ProtocolError when the bytes are not what the version says */
export function decodeResponse<A extends ApiName>(api: A, version: number, bytes: Buffer): ResponseOf<A> {
  return decodeFrame(`${api} response, version ${version}`, bytes, (reader) => {
    const codec = bodyCodec(api, isRefusal(api, bytes) ? 0 : version, 'response')
    reader.skip(correlationIdBytes)
    if (hasTaggedHeader(api, version)) skipTaggedFields(reader)
    return codec.read(reader) as unknown as ResponseOf<A>
  })
}

function hasTaggedHeader(api: ApiName, version: number): boolean {
  return api !== 'ApiVersions' && isFlexible(api, version)
}

function isRefusal(api: ApiName, bytes: Buffer): boolean {
  return api === 'ApiVersions' && new ByteReader(bytes, correlationIdBytes).int16() === unsupportedVersion
}
