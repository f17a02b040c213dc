import type { ByteReader } from './byte-reader.ts'
import type { MessageWriter } from './message-writer.ts'

/** How a value is written and read. */
export interface Codec<T = unknown> {
  /** The fewest bytes that a value takes. A count of values is checked against it before they are read. */
  readonly bytesMin: number
  read(reader: ByteReader): T
  write(writer: MessageWriter, value: T): void
}
