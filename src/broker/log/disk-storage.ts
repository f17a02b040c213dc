import {
  fsyncSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock, Timer } from '../../core/clock.ts'
import { DataLock } from './data-lock.ts'
import { DiskFile, type FileOwner } from './disk-file.ts'
import type { Storage, StorageNotice, StoredFile } from './storage.ts'

export interface DiskStorageOptions {
  /** Made when missing. */
  readonly dataDir: string
  readonly clock: Clock
  /**
   * When data is forced onto the disk. A broker that is killed loses nothing in any case; a machine that loses power loses with
   * `none` what the system had not written by itself (Kafka's default), with `interval` at most the last second, and with
   * `always` nothing that was acknowledged, at 0.5 to 2 ms a write. Default `interval`.
   */
  readonly fsync?: 'none' | 'interval' | 'always'
  /** Default 1000. */
  readonly fsyncIntervalMs?: number
  readonly onNotice?: (notice: StorageNotice) => void
}

/** Files beyond this share descriptors. */
const openFilesMax = 512
const unfinished = '.tmp'

/** Files in a folder, which no second broker may use at the same time. */
export class DiskStorage implements Storage, FileOwner {
  readonly #options: DiskStorageOptions
  readonly #lock: DataLock
  /** Those that have a descriptor, the one that was used last at the end. */
  readonly #open = new Set<DiskFile>()
  readonly #dirty = new Set<DiskFile>()
  #timer: Timer | undefined
  #closing: (() => void) | undefined
  #syncing = 0

  /** @throws StateError when another process uses the folder */
  constructor(options: DiskStorageOptions) {
    this.#options = options
    mkdirSync(options.dataDir, { recursive: true })
    this.#lock = DataLock.take(options.dataDir)
  }

  get syncs(): boolean {
    return this.#options.fsync !== 'none'
  }

  list(folder: string): readonly string[] {
    try {
      return readdirSync(this.#path(folder))
        .filter((name) => !name.endsWith(unfinished))
        .toSorted()
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  }

  open(path: string): StoredFile {
    const full = this.#path(path)
    mkdirSync(dirname(full), { recursive: true })
    const file = new DiskFile(full, this)
    if (file.size === 0) this.#syncFolder(full)
    return file
  }

  read(path: string): Buffer | undefined {
    try {
      return readFileSync(this.#path(path))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  replace(path: string, content: Uint8Array): void {
    const full = this.#path(path)
    mkdirSync(dirname(full), { recursive: true })
    const fd = openSync(full + unfinished, 'w')
    try {
      for (let at = 0; at < content.length;) at += writeSync(fd, content, at)
      if (this.syncs) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(full + unfinished, full)
    this.#syncFolder(full)
  }

  rename(from: string, to: string): void {
    this.#letGo(this.#path(from))
    renameSync(this.#path(from), this.#path(to))
    this.#syncFolder(this.#path(to))
  }

  remove(path: string): void {
    this.#letGo(this.#path(path))
    rmSync(this.#path(path), { recursive: true, force: true })
  }

  /** Of files that will not have this name any more: making them durable later would bring them back. */
  #letGo(path: string): void {
    const concerned = [...this.#dirty, ...this.#open].filter((file) => `${file.path}/`.startsWith(`${path}/`))
    for (const file of concerned) {
      this.#dirty.delete(file)
      file.close()
    }
  }

  report(notice: StorageNotice): void {
    this.#options.onNotice?.(notice)
  }

  #path(path: string): string {
    return join(this.#options.dataDir, path)
  }

  /** A new name is in the folder, which is a file of its own. */
  #syncFolder(path: string): void {
    // Windows has no such thing.
    if (!this.syncs || process.platform === 'win32') return
    const fd = openSync(dirname(path), 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }

  used(file: DiskFile): void {
    this.#open.delete(file)
    this.#open.add(file)
    if (this.#open.size <= openFilesMax) return
    for (const other of this.#open) {
      if (other.isBusy || other === file) continue
      other.close()
      return
    }
  }

  closed(file: DiskFile): void {
    this.#open.delete(file)
  }

  synced(file: DiskFile): void {
    this.#dirty.delete(file)
  }

  appended(file: DiskFile): void {
    const { fsync = 'interval', fsyncIntervalMs = 1000, clock } = this.#options
    if (fsync === 'always') return file.syncNow()
    if (fsync === 'none') return
    this.#dirty.add(file)
    this.#timer ??= clock.setTimer(fsyncIntervalMs, () => this.#syncDirty())
  }

  #syncDirty(): void {
    this.#timer = undefined
    for (const file of this.#dirty) {
      this.#syncing++
      file.syncInBackground(() => {
        if (--this.#syncing === 0) this.#closing?.()
      })
    }
    this.#dirty.clear()
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#syncDirty()
    if (this.#syncing > 0) await new Promise<void>((resolve) => (this.#closing = resolve))
    for (const file of this.#open) file.close()
    this.#lock.release()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
