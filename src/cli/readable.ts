const decoder = new TextDecoder('utf-8', { fatal: true })

/** Bytes as a person reads them: text where they are printable text, hexadecimal otherwise. */
export function readable(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null
  try {
    const text = decoder.decode(bytes)
    if (!/\p{C}/u.test(text)) return text
  } catch {
    // not UTF-8
  }
  return `0x${Buffer.from(bytes).toString('hex')}`
}
