import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

const endOfDirectory = 0x06054b50
const endBytes = 22

/** The texts of a jar's files whose names fit: read by its central directory (APPNOTE.TXT of the zip format), no tool needed. */
export function jarEntries(jar: string, wanted: RegExp): ReadonlyMap<string, string> {
  const bytes = readFileSync(jar)
  let end = bytes.length - endBytes
  while (bytes.readUInt32LE(end) !== endOfDirectory) end--
  const found = new Map<string, string>()
  let at = bytes.readUInt32LE(end + 16)
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count--) {
    const nameLength = bytes.readUInt16LE(at + 28)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    if (wanted.test(name)) found.set(name, content(bytes, at))
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return found
}

function content(bytes: Buffer, entryAt: number): string {
  const local = bytes.readUInt32LE(entryAt + 42)
  const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  const stored = bytes.subarray(from, from + bytes.readUInt32LE(entryAt + 20))
  return (bytes.readUInt16LE(entryAt + 10) === 0 ? stored : inflateRawSync(stored)).toString('utf8')
}
