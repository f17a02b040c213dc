/**
 * A key or value on its way to a topic. Text stands for its UTF-8 bytes: the batch writer puts it where it belongs, and no array
 * is made of it before.
 */
export type Payload = Uint8Array | string

/** Up to this a loop is faster than a call into the engine. */
const shortText = 24
const bytesPerCharMax = 3

export function payloadBytes(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload
}

/** How many bytes it takes. */
export function payloadLength(payload: Payload): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
}

/** More than the text takes, or as much: known without looking at it. */
export function textBytesMax(text: string): number {
  return text.length * bytesPerCharMax
}

/** Puts the text's bytes at `at`, where there must be room for them; returns how many they are. */
export function writeText(bytes: Buffer, at: number, text: string): number {
  const { length } = text
  if (length > shortText) return bytes.write(text, at)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return bytes.write(text, at)
    bytes[at + i] = code
  }
  return length
}
