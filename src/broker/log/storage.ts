/*
 * Where the broker keeps its bytes: everything above knows this interface only, so that memory and disk run the same code.
 * Paths are relative, with `/`. Calls are synchronous: all state lives on one event loop, and a write into the page cache takes
 * microseconds.
 */

/** Part of a file that could not be used, and was cut off or left out; for a diagnostics channel, as it is no error. */
export interface StorageNotice {
  readonly path: string
  /** Bytes of the file that are still used. */
  readonly keptBytes: number
  readonly droppedBytes: number
  readonly reason: string
}

export interface Storage {
  /** Names of the files and folders in a folder, sorted; none when there is no such folder. */
  list(folder: string): readonly string[]
  /** For appending and reading; made when missing, with the folders above it. */
  open(path: string): StoredFile
  /** The whole content; undefined when there is no such file. */
  read(path: string): Buffer | undefined
  /** Writes a whole file: after a crash it is the old one or the new one. */
  replace(path: string, content: Uint8Array): void
  /** Over a file of that name, if there is one. No file that is open may be among them. */
  rename(from: string, to: string): void
  /** A file, or a folder with all that is in it. Nothing happens when it is missing. */
  remove(path: string): void
  /** Tells of bytes that recovery had to drop. */
  report(notice: StorageNotice): void
  /** Makes everything as durable as a crash of the machine needs, and lets go of the files. */
  close(): Promise<void>
}

/** A file that only grows at its end. */
export interface StoredFile {
  readonly size: number
  /** The first position that can be read: above 0 where memory has let go of what was before. */
  readonly start: number
  /**
   * All parts, one after the other, or nothing. When it returns they are as durable as the storage promises.
   *
   * @throws StateError when they could not be written
   */
  append(parts: readonly Uint8Array[]): void
  /** A view or a copy, which later appends do not change; shorter at the end of the file. */
  read(position: number, length: number): Buffer
  truncate(size: number): void
  /** Before what follows may be written: what was appended survives whatever will survive of that. */
  sync(): void
  /** Nobody will read what is before `position`: memory may let go of whole appends of it. */
  forget(position: number): void
  /** Until it is opened again. */
  close(): void
}
