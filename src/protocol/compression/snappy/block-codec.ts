import type { Slice } from '../lz4/block.ts'
import { optionalAddon, type LoadAddon } from '../optional-addon.ts'
import { compressBlock, decompressBlock } from './block.ts'

export interface SnappyBlocks {
  readonly name: 'native' | 'typescript'
  /** As `compressBlock`: returns where it ends. */
  compress(source: Slice, out: Buffer, start: number): number
  /** As `decompressBlock`. */
  decompress(source: Slice, target: Slice): void
}

export const typescriptSnappy: SnappyBlocks = {
  name: 'typescript',
  compress: compressBlock,
  decompress: decompressBlock,
}

interface SnappyAddon {
  compressSync(input: Uint8Array, options?: { copyOutputData: boolean }): Buffer
  uncompressSync(input: Uint8Array, options?: { asBuffer: boolean; copyOutputData: boolean }): Buffer
}

/** The addon answers with buffers of its own; one copy more is still faster than our loops. */
function nativeSnappy(addon: SnappyAddon): SnappyBlocks {
  return {
    name: 'native',
    compress: ({ bytes, start, end }, out, at) => {
      const compressed = addon.compressSync(bytes.subarray(start, end))
      out.set(compressed, at)
      return at + compressed.length
    },
    decompress: ({ bytes, start, end }, target) => {
      const content = addon.uncompressSync(bytes.subarray(start, end), { asBuffer: true, copyOutputData: false })
      if (content.length !== target.end - target.start) throw new Error('corrupt Snappy block: a false length')
      target.bytes.set(content, target.start)
    },
  }
}

export function loadSnappyBlocks(load?: LoadAddon): SnappyBlocks {
  const addon = optionalAddon<SnappyAddon>('snappy', load)
  return addon === undefined ? typescriptSnappy : nativeSnappy(addon)
}
