/*
 * Zstandard: Node's own from 22.15 on; before, the decoder of fzstd, which is JavaScript, and no encoder (ADR 0021).
 */
import * as zlib from 'node:zlib'
import { decompress as decompressPortably } from 'fzstd'
import { ConfigError } from '../../core/errors.ts'
import { withHonestWindows } from './zstd-claims.ts'

interface NodeZstd {
  zstdCompressSync(content: Uint8Array): Buffer
  zstdDecompressSync(data: Uint8Array, options: { maxOutputLength: number }): Buffer
}

/** What newer Nodes have in zlib; the types are those of the oldest one that is supported. */
export function nodeZstd(library: object = zlib): NodeZstd | undefined {
  return 'zstdCompressSync' in library ? (library as NodeZstd) : undefined
}

/** @throws ConfigError where Node has no encoder */
export function compressZstd(content: Buffer, node: NodeZstd | undefined = nodeZstd()): Buffer {
  if (node !== undefined) return node.zstdCompressSync(content)
  throw new ConfigError([
    {
      path: 'compression',
      problem: `'zstd' cannot be written by Node ${process.versions.node}, which has no encoder for it`,
      remedy:
        "use Node 22.15 or newer, or 'lz4' here and compression.type=zstd on the topic: the broker then stores zstd",
    },
  ])
}

/** @throws Error when it is corrupt or its content is larger than allowed */
export function decompressZstd(data: Buffer, contentBytesMax: number, node: NodeZstd | undefined = nodeZstd()): Buffer {
  if (node !== undefined) return node.zstdDecompressSync(data, { maxOutputLength: contentBytesMax })
  const content = decompressPortably(withHonestWindows(data, contentBytesMax))
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}
