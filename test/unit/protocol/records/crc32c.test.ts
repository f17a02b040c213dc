import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadCrc32c, typescriptCrc32c } from '../../../../src/protocol/records/crc32c.ts'

const native = loadCrc32c()
const absent = (): never => {
  throw new Error('not installed')
}

test('the optional addon is installed here, so that both are tested', () => {
  expect(native).not.toBe(typescriptCrc32c)
})

test('TypeScript takes over where the addon does not load', () => {
  expect(loadCrc32c(absent)).toBe(typescriptCrc32c)
})

describe.each([
  ['native', native],
  ['TypeScript', typescriptCrc32c],
])('crc32c, %s', (_, crc32c) => {
  test('gives the published values', () => {
    const of = (bytes: Buffer): number => crc32c(bytes, 0, bytes.length)
    expect(of(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(of(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(of(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(of(Buffer.from(Array.from({ length: 32 }, (__, i) => i)))).toBe(0x46dd794e)
    expect(of(Buffer.alloc(0))).toBe(0)
  })

  test('of a part is that of the part alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(50), fc.nat(50), (bytes, before, after) => {
        const inside = Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(after, 2)])
        const alone = typescriptCrc32c(bytes, 0, bytes.length)
        expect(crc32c(inside, before, before + bytes.length)).toBe(alone)
      }),
    )
  })
})
