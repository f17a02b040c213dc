import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writevSync } from 'node:fs'
import type { StoredFile } from './storage.ts'
import { StateError } from '../../core/errors.ts'

/** What a file needs of the storage that it belongs to. */
export interface FileOwner {
  /** The file has a descriptor and was just used: others may have to give up theirs. */
  used(file: DiskFile): void
  closed(file: DiskFile): void
  synced(file: DiskFile): void
  /** Makes what was appended as durable as is promised, now or later. */
  appended(file: DiskFile): void
  readonly syncs: boolean
}

/** A file of which descriptors come and go, as there may be more files than a process may have open. */
export class DiskFile implements StoredFile {
  readonly path: string
  readonly #owner: FileOwner
  readonly start = 0
  #fd: number | undefined
  #size: number
  /** Calls that run in the background on the descriptor; it must not be closed under them. */
  #running = 0
  #closing = false
  #failure: unknown

  constructor(path: string, owner: FileOwner) {
    this.path = path
    this.#owner = owner
    this.#size = fstatSync(this.#open()).size
  }

  get size(): number {
    return this.#size
  }

  get isBusy(): boolean {
    return this.#running > 0
  }

  #open(): number {
    this.#fd ??= openSync(this.path, 'a+')
    this.#closing = false
    this.#owner.used(this)
    return this.#fd
  }

  append(parts: readonly Uint8Array[]): void {
    if (this.#failure !== undefined) throw this.#failed('append to', this.#failure)
    const before = this.#size
    try {
      this.#size += writeAll(this.#open(), parts)
      this.#owner.appended(this)
    } catch (error) {
      this.#takeBack(before)
      throw this.#failed('append to', error)
    }
  }

  /** A torn append must not stay: what follows would be behind it. If that fails too, nothing may follow. */
  #takeBack(size: number): void {
    this.#size = size
    try {
      ftruncateSync(this.#open(), size)
    } catch (error) {
      this.#failure = error
    }
  }

  read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#size - position)))
    for (let at = 0; at < bytes.length;) {
      const count = readSync(this.#open(), bytes, at, bytes.length - at, position + at)
      if (count === 0) throw this.#failed('read', new Error(`it ends at ${position + at}; somebody has cut it off`))
      at += count
    }
    return bytes
  }

  truncate(size: number): void {
    ftruncateSync(this.#open(), size)
    this.#size = size
  }

  sync(): void {
    if (this.#owner.syncs) this.syncNow()
  }

  syncNow(): void {
    fdatasyncSync(this.#open())
    this.#owner.synced(this)
  }

  /** Off this thread. After a failure nothing is appended any more: what the disk has is not known (fsync gate). */
  syncInBackground(done: () => void): void {
    const finish = (error: unknown): void => {
      this.#running--
      this.#failure ??= error ?? undefined
      if (this.#closing) this.close()
      done()
    }
    this.#running++
    try {
      fdatasync(this.#open(), finish)
    } catch (error) {
      finish(error)
    }
  }

  forget(): void {}

  close(): void {
    this.#closing = this.isBusy
    if (this.#fd === undefined || this.isBusy) return
    closeSync(this.#fd)
    this.#fd = undefined
    this.#owner.closed(this)
  }

  #failed(what: string, cause: unknown): StateError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new StateError(`cannot ${what} ${this.path}: ${reason}; see to the disk and start the broker again`, {
      cause,
    })
  }
}

function writeAll(fd: number, parts: readonly Uint8Array[]): number {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  let left = parts
  for (let written = 0; written < length;) {
    const count = writevSync(fd, left)
    written += count
    if (written < length) left = without(left, count)
  }
  return length
}

function without(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let rest = count
  let i = 0
  while (rest >= parts[i]!.length) rest -= parts[i++]!.length
  return [parts[i]!.subarray(rest), ...parts.slice(i + 1)]
}
