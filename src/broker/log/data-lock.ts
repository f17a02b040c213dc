import { openSync, readFileSync, realpathSync, rmSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { StateError } from '../../core/errors.ts'

/** Folders that this process holds: its own number in a file may be that of a process before it (in containers it often is). */
const held = new Set<string>()

/**
 * A file with the number of the process that uses a folder, and when that process began: a number alone is given again. What
 * a killed process has left is taken over.
 */
export class DataLock {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws StateError when a process that is alive holds it */
  static take(dataDir: string): DataLock {
    const folder = realpathSync(dataDir)
    const path = lockPath(folder)
    if (held.has(folder)) throw inUse(folder, 'this process')
    const owner = readOwner(path)
    if (owner !== undefined) {
      if (isAlive(owner)) throw inUse(folder, `process ${owner.split(' ', 1)[0]}`)
      rmSync(path, { force: true })
    }
    write(path, folder)
    held.add(folder)
    return new DataLock(folder)
  }

  release(): void {
    if (held.delete(this.#folder)) rmSync(lockPath(this.#folder), { force: true })
  }
}

function lockPath(folder: string): string {
  return join(folder, '.lock')
}

function inUse(folder: string, by: string): StateError {
  return new StateError(`${folder} is in use by ${by}; stop that broker, or give this one another folder`)
}

function write(path: string, folder: string): void {
  try {
    const fd = openSync(path, 'wx')
    writeSync(fd, identity(process.pid))
    closeSync(fd)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw inUse(folder, 'another process')
    throw error
  }
}

function readOwner(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(owner: string): boolean {
  const pid = Number(owner.split(' ', 1)[0])
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Of another user: it lives.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return owner === identity(pid)
}

/** Number, and on Linux the clock tick at which it began (proc(5): field 22, counted behind the name in parentheses). */
function identity(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return `${pid}`
  }
}
