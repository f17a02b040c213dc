import { optionalAddon, type LoadAddon } from '../optional-addon.ts'
import { compressBlock, decompressBlock, type Slice } from './block.ts'

/** Blocks that stand alone. Dependent ones always take the TypeScript decoder: the addon has no function for them. */
export interface BlockCodec {
  readonly name: 'native' | 'typescript'
  /** As `compressBlock`. */
  compress(source: Slice, target: Slice): number
  /** As `decompressBlock` with the block's own start as the history's. */
  decompress(source: Slice, target: Slice): number
}

export const typescriptBlocks: BlockCodec = {
  name: 'typescript',
  compress: compressBlock,
  decompress: (source, target) => decompressBlock(source, target, target.start),
}

interface Lz4Addon {
  encodeBlock(input: Buffer, output: Buffer): number
  decodeBlock(input: Buffer, output: Buffer): number
}

function view({ bytes, start, end }: Slice): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
}

function nativeBlocks(addon: Lz4Addon): BlockCodec {
  return {
    name: 'native',
    compress: (source, target) => Math.max(0, addon.encodeBlock(view(source), view(target))),
    decompress: (source, target) => {
      const written = addon.decodeBlock(view(source), view(target))
      if (written < 0) throw new Error('corrupt LZ4 block')
      return target.start + written
    },
  }
}

export function loadBlockCodec(load?: LoadAddon): BlockCodec {
  const addon = optionalAddon<Lz4Addon>('lz4', load)
  return addon === undefined ? typescriptBlocks : nativeBlocks(addon)
}
