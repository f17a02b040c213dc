import type { Random } from '../../src/core/random.ts'

/** A whole number from 0, below `limit`. */
export type Below = (limit: number) => number

export function belowFrom(random: Random): Below {
  return (limit) => Math.floor(random() * limit)
}

const extremes = [0, 1, 0x7f, 0x80, 0xff]
const extremeInts = [-1, 0, 1, 0x7fff_ffff, -0x8000_0000, 0x00ff_ffff]

/** Changes bytes where they are, `times` times: flips a bit, sets a byte or four to an extreme, moves a piece over another. */
export function damage(bytes: Buffer, below: Below, times: number = 1 + below(4)): void {
  if (bytes.length === 0) return
  for (; times > 0; times--) {
    const at = below(bytes.length)
    const kind = below(5)
    if (kind === 0) bytes[at] = bytes[at]! ^ (1 << below(8))
    else if (kind === 1) bytes[at] = extremes[below(extremes.length)]!
    else if (kind === 2) bytes.copyWithin(at, below(bytes.length), below(bytes.length))
    else if (bytes.length >= 4) {
      const value = kind === 3 ? below(2 ** 32) | 0 : extremeInts[below(extremeInts.length)]!
      bytes.writeInt32BE(value, Math.min(at, bytes.length - 4))
    }
  }
}

/** A copy that is shorter or longer: cut off, a piece taken out, garbage put in; or nothing but garbage. */
export function resized(bytes: Buffer, below: Below): Buffer {
  const at = below(bytes.length + 1)
  const garbage = Buffer.from(Array.from({ length: below(40) }, () => below(256)))
  switch (below(4)) {
    case 0:
      return Buffer.from(bytes.subarray(0, at))
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + below(16)))])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), garbage, bytes.subarray(at)])
    default:
      return garbage
  }
}
