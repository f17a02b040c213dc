import type { Storage, StorageNotice, StoredFile } from '../../src/broker/log/storage.ts'

/** The process has died. */
export class Crash extends Error {}

/** Files of another storage, until so many bytes have been written: then the process dies, in the middle of a write. */
export class TornStorage implements Storage {
  readonly #inner: Storage
  readonly #synced = new Map<string, number>()
  #bytesLeft = Number.POSITIVE_INFINITY

  constructor(inner: Storage) {
    this.#inner = inner
  }

  /** Whatever is not a write of bytes counts as one byte. */
  crashAfter(bytes: number): void {
    this.#bytesLeft = bytes
  }

  /** The machine loses power: of what was not synced, a part is left. `share` in [0, 1] says how much of each file. */
  losePower(share: () => number): void {
    for (const [path, synced] of this.#synced) {
      const file = this.#inner.open(path)
      const unsynced = file.size - synced
      if (unsynced > 0) file.truncate(synced + Math.floor(share() * (unsynced + 1)))
    }
  }

  #spend(bytes: number): number {
    const affordable = Math.min(bytes, this.#bytesLeft)
    this.#bytesLeft -= bytes
    return affordable
  }

  #step(): void {
    if (this.#spend(1) < 1) throw new Crash()
  }

  list(folder: string): readonly string[] {
    return this.#inner.list(folder)
  }

  open(path: string): StoredFile {
    const file = this.#inner.open(path)
    if (!this.#synced.has(path)) this.#synced.set(path, file.size)
    return {
      get size() {
        return file.size
      },
      get start() {
        return file.start
      },
      append: (parts) => this.#append(file, Buffer.concat(parts)),
      read: (position, length) => file.read(position, length),
      truncate: (size) => {
        this.#step()
        this.#synced.set(path, Math.min(this.#synced.get(path) ?? size, size))
        file.truncate(size)
      },
      sync: () => {
        this.#step()
        this.#synced.set(path, file.size)
      },
      forget: (position) => file.forget(position),
      close: () => file.close(),
    }
  }

  #append(file: StoredFile, bytes: Buffer): void {
    const affordable = this.#spend(bytes.length)
    if (affordable > 0) file.append([bytes.subarray(0, affordable)])
    if (affordable < bytes.length) throw new Crash()
  }

  read(path: string): Buffer | undefined {
    return this.#inner.read(path)
  }

  replace(path: string, content: Uint8Array): void {
    this.#step()
    this.#inner.replace(path, content)
  }

  rename(from: string, to: string): void {
    this.#step()
    this.#inner.rename(from, to)
    this.#synced.delete(from)
    this.#synced.set(to, this.#inner.open(to).size)
  }

  remove(path: string): void {
    this.#step()
    this.#inner.remove(path)
    for (const known of this.#synced.keys()) if (`${known}/`.startsWith(`${path}/`)) this.#synced.delete(known)
  }

  report(notice: StorageNotice): void {
    this.#inner.report(notice)
  }

  async close(): Promise<void> {}
}
