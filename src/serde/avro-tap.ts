/** What we use of avsc's reader and writer; its typings leave it out. */
export interface Tap {
  pos: number
  readonly buf: Buffer
  readLong(): number
  writeLong(value: number): void
  /** An Avro long as 8 bytes, little-endian, and back. */
  unpackLongBytes(): Buffer
  packLongBytes(bytes: Buffer): void
  readString(): string
  skipString(): void
  isValid(): boolean
}
