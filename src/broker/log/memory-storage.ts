import { MemoryFile } from './memory-file.ts'
import type { Storage, StorageNotice, StoredFile } from './storage.ts'

/** Keeps files for as long as it lives. */
export class MemoryStorage implements Storage {
  readonly #files = new Map<string, MemoryFile>()

  list(folder: string): readonly string[] {
    const prefix = folder === '' ? '' : `${folder}/`
    const names = new Set<string>()
    for (const path of this.#files.keys())
      if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/', 1)[0]!)
    return [...names].toSorted()
  }

  open(path: string): StoredFile {
    let file = this.#files.get(path)
    if (file === undefined) {
      file = new MemoryFile()
      this.#files.set(path, file)
    }
    return file
  }

  read(path: string): Buffer | undefined {
    const file = this.#files.get(path)
    return file?.read(0, file.size)
  }

  replace(path: string, content: Uint8Array): void {
    const file = new MemoryFile()
    file.append([content])
    this.#files.set(path, file)
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from)
    if (file === undefined) return
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  remove(path: string): void {
    this.#files.delete(path)
    for (const other of this.#files.keys()) if (other.startsWith(`${path}/`)) this.#files.delete(other)
  }

  report(_notice: StorageNotice): void {}

  async close(): Promise<void> {}
}
