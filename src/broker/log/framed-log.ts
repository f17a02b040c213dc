import { InvariantError } from '../../core/errors.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import type { Storage, StoredFile } from './storage.ts'

const headBytes = 8
/** A larger frame is not believed when a log is read. */
const payloadBytesMax = 64 * 1024 * 1024
const compactBytesMin = 10 * 1024 * 1024

export interface FramedLogOptions {
  /** The whole state in as few payloads as it takes: what the log is rewritten to when it has become too long. */
  readonly snapshot: () => Iterable<Buffer>
  /** Below this it is never rewritten. Default 10 MB. */
  readonly compactBytes?: number
}

/**
 * A log of changes to a small state, such as the topics or the offsets of groups: frames of [length][CRC-32C][payload], which are
 * given to `apply` when it is opened. It is rewritten once it is twice as long as after the last time.
 *
 *     const log = FramedLog.open(storage, 'topics.log', { apply, snapshot })
 *     log.append(change)       // as durable as the storage promises; apply the change to the state before
 */
export class FramedLog {
  readonly #storage: Storage
  readonly #path: string
  readonly #options: FramedLogOptions
  #file: StoredFile
  #compactAt: number

  /** A torn end is cut off and reported; what is behind a frame that is damaged has no meaning without it, and goes too. */
  static open(
    storage: Storage,
    path: string,
    options: FramedLogOptions & { readonly apply: (payload: Buffer) => void },
  ): FramedLog {
    const log = new FramedLog(storage, path, options)
    log.#replay(options.apply)
    return log
  }

  private constructor(storage: Storage, path: string, options: FramedLogOptions) {
    this.#storage = storage
    this.#path = path
    this.#options = options
    this.#file = storage.open(path)
    this.#compactAt = options.compactBytes ?? compactBytesMin
  }

  get sizeInBytes(): number {
    return this.#file.size
  }

  #replay(apply: (payload: Buffer) => void): void {
    const bytes = this.#file.read(0, this.#file.size)
    let at = 0
    while (at < bytes.length) {
      const payload = frameAt(bytes, at)
      if (payload === undefined) break
      apply(payload)
      at += headBytes + payload.length
    }
    if (at === bytes.length) return
    this.#file.truncate(at)
    const droppedBytes = bytes.length - at
    this.#storage.report({ path: this.#path, keptBytes: at, droppedBytes, reason: 'a frame is torn or damaged' })
  }

  /**
   * All payloads or none: a change that several of them make is given to `apply` whole, or not at all, only if it is one payload.
   *
   * None may be empty: a stretch of zeros, as a loss of power leaves it, would read as frames of nothing.
   *
   * @throws StateError when they could not be written
   */
  append(...payloads: readonly Buffer[]): void {
    this.#file.append(payloads.flatMap(frame))
    if (this.#file.size > this.#compactAt) this.compact()
  }

  /** Rewrites the log to the snapshot; after a crash it is the old one or the new one. */
  compact(): void {
    const frames = [...this.#options.snapshot()].flatMap(frame)
    this.#file.close()
    this.#storage.replace(this.#path, Buffer.concat(frames))
    this.#file = this.#storage.open(this.#path)
    this.#compactAt = Math.max(this.#options.compactBytes ?? compactBytesMin, this.#file.size * 2)
  }

  close(): void {
    this.#file.close()
  }
}

function frame(payload: Buffer): [Buffer, Buffer] {
  if (payload.length === 0) throw new InvariantError('a frame of nothing in a framed log')
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE(payload.length, 0)
  head.writeUInt32BE(crc32c(payload, 0, payload.length), 4)
  return [head, payload]
}

function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + headBytes > bytes.length) return undefined
  const start = at + headBytes
  const length = bytes.readUInt32BE(at)
  if (length === 0 || length > payloadBytesMax || start + length > bytes.length) return undefined
  if (crc32c(bytes, start, start + length) !== bytes.readUInt32BE(at + 4)) return undefined
  return bytes.subarray(start, start + length)
}
