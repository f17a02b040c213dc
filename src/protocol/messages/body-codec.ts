import { ProtocolError } from '../../core/errors.ts'
import type { Codec } from '../wire/codec.ts'
import type { MessageTable } from '../wire/message-table.ts'
import { structCodec } from '../wire/struct-codec.ts'
import { fetchResponseCodec } from './fetch-response.ts'
import { produceRequestCodec } from './produce-request.ts'
import { messages, type ApiName } from './messages.ts'

export type Direction = 'request' | 'response'

/** What carries records. */
const byHand: Readonly<Record<string, (version: number) => Codec>> = {
  'Produce request': produceRequestCodec,
  'Fetch response': fetchResponseCodec,
}

const compiled = new Map<string, Codec>()

/** The codec of a body, made when it is needed first. */
export function bodyCodec(api: ApiName, version: number, direction: Direction): Codec {
  const id = `${api} ${version} ${direction}`
  let codec = compiled.get(id)
  if (codec === undefined) {
    const table: MessageTable = messages[api]
    const [first, last] = table.versions
    if (!Number.isInteger(version) || version < first || version > last)
      throw new ProtocolError(`${api} version ${version} is none of ${first} to ${last}, which Millrace speaks`)
    codec =
      byHand[`${api} ${direction}`]?.(version) ??
      structCodec(table[direction], { version, flexible: isFlexible(api, version) })
    compiled.set(id, codec)
  }
  return codec
}

/** Whether a version has compact lengths and tagged fields, in its headers too (KIP-482). */
export function isFlexible(api: ApiName, version: number): boolean {
  const { flexible }: MessageTable = messages[api]
  return flexible !== undefined && version >= flexible
}
