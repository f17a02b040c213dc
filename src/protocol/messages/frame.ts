import { ProtocolError } from '../../core/errors.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { MessageWriter } from '../wire/message-writer.ts'

/** A message with its size before it, in pieces to be written to the socket in this order. Records in it are not copied. */
export type Frame = readonly Buffer[]

const sizeBytes = 4
const writer = new MessageWriter()

export function encodeFrame(what: string, write: (writer: MessageWriter) => void): Frame {
  writer.begin()
  writer.int32(0)
  inContext(what, () => write(writer))
  writer.int32At(0, writer.totalBytes - sizeBytes)
  return writer.pieces()
}

/** Reads a whole message, without its size. Bytes that are left over are an error: the versions then disagree. */
export function decodeFrame<T>(what: string, bytes: Buffer, read: (reader: ByteReader) => T): T {
  return inContext(what, () => {
    const reader = new ByteReader(bytes)
    const message = read(reader)
    if (reader.remaining > 0) throw new ProtocolError(`corrupt data: ${reader.remaining} bytes are left over`)
    return message
  })
}

function inContext<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new ProtocolError(`${what}: ${error.message}`, { cause: error })
  }
}
