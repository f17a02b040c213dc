/*
 * Zstandard: Node's own from 22.15 on; before, the decoder of fzstd, which is JavaScript, and no encoder (ADR 0021).
 */
import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import type { decompress } from 'fzstd'
import { ConfigError } from '../../core/errors.ts'
import { withHonestWindows } from './zstd-claims.ts'

const require = createRequire(import.meta.url)

interface NodeZstd {
  zstdCompressSync(content: Uint8Array): Buffer
  zstdDecompressSync(data: Uint8Array, options: { maxOutputLength: number }): Buffer
}

/** Node's zlib has them from 22.15 on; the types are those of the oldest Node that is supported. */
function nodeZstd(library: object): NodeZstd | undefined {
  return 'zstdCompressSync' in library ? (library as NodeZstd) : undefined
}

/** @throws ConfigError where Node has no encoder */
export function compressZstd(content: Buffer, library: object = zlib): Buffer {
  const node = nodeZstd(library)
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
export function decompressZstd(data: Buffer, contentBytesMax: number, library: object = zlib): Buffer {
  const node = nodeZstd(library)
  if (node !== undefined) return node.zstdDecompressSync(data, { maxOutputLength: contentBytesMax })
  // Loaded when it is first needed: on most topics never.
  const portable = require('fzstd') as { decompress: typeof decompress }
  const content = portable.decompress(withHonestWindows(data, contentBytesMax))
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}
