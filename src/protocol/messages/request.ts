/*
 * Requests: a client encodes them, a broker decodes them.
 *
 *     const frame = encodeRequest({ api: 'Metadata', version: 9, correlationId: 1, clientId: 'me' }, { topics: null })
 *     for (const piece of frame) socket.write(piece)
 *
 * A broker gets whole messages, without their sizes, from a `FrameSplitter`:
 *
 *     const header = readRequestHeader(bytes)        // also of what Millrace does not speak
 *     if (!header.supported) ...                     // close; ApiVersions is answered in version 0 with error 35, see `response.ts`
 *     const request = decodeRequest(bytes)           // `api` says what its `body` is
 *
 * Headers have tagged fields where the request is flexible (version 2 of the header), none elsewhere (version 1).
 */
import { ProtocolError } from '../../core/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { skipTaggedFields } from '../wire/tagged-fields.ts'
import { bodyCodec, isFlexible } from './body-codec.ts'
import { decodeFrame, encodeFrame, type Frame } from './frame.ts'
import { apiOfKey, messages, supportedVersions, type ApiName, type NewRequest, type RequestOf } from './messages.ts'

export interface RequestTarget<A extends ApiName> {
  readonly api: A
  readonly version: number
  /** The response brings it back. */
  readonly correlationId: number
  readonly clientId: string | null
}

export interface RequestHeader {
  readonly apiKey: number
  /** Undefined: Millrace does not speak it at all. */
  readonly api: ApiName | undefined
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Whether `decodeRequest` knows this version of it. */
  readonly supported: boolean
}

/** A request with its header; `api` tells the bodies apart. */
export type AnyRequest = { [A in ApiName]: RequestTarget<A> & { readonly body: RequestOf<A> } }[ApiName]

/** @throws ProtocolError when the version is unknown, or cannot say what the body says */
export function encodeRequest<A extends ApiName>(target: RequestTarget<A>, body: NewRequest<A>): Frame {
  const { api, version, correlationId, clientId } = target
  return encodeFrame(`${api} request, version ${version}`, (writer) => {
    const codec = bodyCodec(api, version, 'request')
    writer.int16(messages[api].key)
    writer.int16(version)
    writer.int32(correlationId)
    // With a plain length also in flexible versions, so that older brokers can read it.
    writer.string(clientId)
    if (isFlexible(api, version)) writer.unsignedVarint(0)
    codec.write(writer, body)
  })
}

/** @throws ProtocolError when the bytes are too few */
export function readRequestHeader(bytes: Buffer): RequestHeader {
  return readHeader(new ByteReader(bytes))
}

function readHeader(reader: ByteReader): RequestHeader {
  const apiKey = reader.int16()
  const version = reader.int16()
  const api = apiOfKey(apiKey)
  const [first, last] = api === undefined ? [0, -1] : supportedVersions(api)
  return {
    apiKey,
    api,
    version,
    correlationId: reader.int32(),
    clientId: reader.string(),
    supported: version >= first && version <= last,
  }
}

/** @throws ProtocolError when the request is unknown, or the bytes are not what it says */
export function decodeRequest(bytes: Buffer): AnyRequest {
  const { api, apiKey, version, correlationId, clientId } = readRequestHeader(bytes)
  return decodeFrame(`${api ?? `request ${apiKey}`}, version ${version}`, bytes, (reader) => {
    readHeader(reader)
    if (api === undefined) throw new ProtocolError('Millrace does not speak it')
    const codec = bodyCodec(api, version, 'request')
    if (isFlexible(api, version)) skipTaggedFields(reader)
    return { api, version, correlationId, clientId, body: codec.read(reader) } as unknown as AnyRequest
  })
}
