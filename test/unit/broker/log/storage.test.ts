import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { DiskStorage } from '../../../../src/broker/log/disk-storage.ts'
import { FramedLog } from '../../../../src/broker/log/framed-log.ts'
import { defaultLogConfig } from '../../../../src/broker/log/log-config.ts'
import { MemoryStorage } from '../../../../src/broker/log/memory-storage.ts'
import { PartitionLog } from '../../../../src/broker/log/partition-log.ts'
import type { Storage, StorageNotice } from '../../../../src/broker/log/storage.ts'
import { recordsIn, sentBatch } from '../../../support/broker-batches.ts'
import { LogModel } from '../../../support/log-model.ts'
import { SimulatedClock } from '../../../support/simulated-clock.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  folders.push(folder)
  return folder
}

function disk(dataDir: string, onNotice?: (notice: StorageNotice) => void): DiskStorage {
  return new DiskStorage({ dataDir, clock: new SimulatedClock(), ...(onNotice === undefined ? {} : { onNotice }) })
}

const kinds: readonly (readonly [string, () => Storage])[] = [
  ['memory', () => new MemoryStorage()],
  ['disk', () => disk(newFolder())],
]

describe.each(kinds)('storage: %s', (_, make) => {
  test('what is appended is read, in parts of any size', () => {
    const file = make().open('a/b/file')
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_byte, i) => i % 251))
    for (let at = 0; at < bytes.length; at += 77)
      file.append([bytes.subarray(at, at + 40), bytes.subarray(at + 40, at + 77)])
    expect(file.size).toBe(bytes.length)
    for (const [from, length] of [
      [0, 5000],
      [1, 10],
      [3999, 9999],
      [5000, 1],
    ] as const)
      expect(file.read(from, length).equals(bytes.subarray(from, from + length))).toBe(true)
  })

  test('a file that was cut off goes on from there, and what was read before stays', () => {
    const file = make().open('file')
    file.append([Buffer.from('abcdef')])
    const before = file.read(0, 6)
    file.truncate(2)
    file.append([Buffer.from('XY')])
    expect([file.read(0, 10).toString(), before.toString()]).toEqual(['abXY', 'abcdef'])
  })

  test('folders list what is in them; files are replaced, renamed and removed', () => {
    const storage = make()
    storage.open('p/b').append([Buffer.from('b')])
    storage.replace('p/a', Buffer.from('1'))
    storage.replace('p/a', Buffer.from('2'))
    expect([storage.list('p'), storage.list('q'), storage.read('p/a')?.toString()]).toEqual([['a', 'b'], [], '2'])
    storage.open('p/b').close()
    storage.rename('p/a', 'p/b')
    expect([storage.list('p'), storage.read('p/b')?.toString(), storage.read('p/a')]).toEqual([['b'], '2', undefined])
    storage.remove('p')
    expect(storage.list('p')).toEqual([])
  })

  test('a log goes through writes, restarts, compaction and deletion as its model does', async () => {
    const config = {
      ...defaultLogConfig,
      segmentBytes: 600,
      cleanupPolicy: { delete: true, compact: true },
      minCleanableDirtyRatio: 0.1,
    }
    const model = new LogModel(make(), config)
    for (let i = 0; i < 60; i++) {
      model.append([...'abCd'].slice(0, 1 + (i % 4)), i % 3 === 0 ? 1 : -1, i % 3 === 0)
      if (i % 7 === 6 && model.isOpen(1)) model.end(1, i % 2 === 0 ? 'commit' : 'abort')
      if (i % 10 === 9) await model.compact()
      if (i % 13 === 12) model.reopen()
      if (i === 40) model.deleteBefore(0.3)
      model.check(500, true)
    }
  })

  test('a framed log gives back what was appended, and is rewritten to its snapshot when it is long', () => {
    const storage = make()
    const state = new Map<string, string>()
    const apply = (payload: Buffer): void => {
      const [key, value] = payload.toString().split('=') as [string, string]
      state.set(key, value)
    }
    const snapshot = (): Buffer[] => [...state].map(([key, value]) => Buffer.from(`${key}=${value}`))
    const log = FramedLog.open(storage, 'state.log', { apply, snapshot, compactBytes: 500 })
    for (let i = 0; i < 1000; i++) {
      const change = Buffer.from(`key${i % 3}=${i}`)
      apply(change)
      log.append(change)
    }
    expect(log.sizeInBytes).toBeLessThan(600)
    log.close()
    state.clear()
    FramedLog.open(storage, 'state.log', { apply, snapshot })
    expect(Object.fromEntries(state)).toEqual({ key0: '999', key1: '997', key2: '998' })
  })
})

describe('files', () => {
  const openLog = (storage: Storage, config = defaultLogConfig): PartitionLog =>
    PartitionLog.open({ storage, folder: 't-0', topic: 't', partition: 0, config, nowMs: 1 })
  const readAll = (log: PartitionLog): (string | null)[] =>
    recordsIn(log.read({ offset: log.logStartOffset, maxBytes: 1e6, committed: false }).records).map(
      ({ value }) => value,
    )

  test('a folder that a broker of this process or of another that lives holds is refused; what a dead one left is not', async () => {
    const folder = newFolder()
    const storage = disk(folder)
    expect(() => disk(folder)).toThrow(/in use by this process/)
    await storage.close()
    const other = `${process.ppid}`
    const stat = readFileSync(`/proc/${other}/stat`, 'utf8')
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(join(folder, '.lock'), `${other} ${began}`)
    expect(() => disk(folder)).toThrow(/in use by process/)
    writeFileSync(join(folder, '.lock'), `${other} 1`)
    await disk(folder).close()
    const dead = spawnSync(process.execPath, ['-e', '']).pid
    writeFileSync(join(folder, '.lock'), `${dead} 5`)
    await disk(folder).close()
  })

  test('a torn batch at the end of the last segment is cut off and reported', async () => {
    const folder = newFolder()
    const first = disk(folder)
    openLog(first).append(sentBatch([{ value: 'a' }]), 1)
    await first.close()
    const file = join(folder, 't-0/00000000000000000000.log')
    const { size } = statSync(file)
    appendFileSync(file, sentBatch([{ value: 'lost' }]).subarray(0, -3))
    const notices: StorageNotice[] = []
    const log = openLog(disk(folder, (notice) => notices.push(notice)))
    expect([readAll(log), log.endOffset]).toEqual([['a'], 1])
    expect(notices).toMatchObject([{ path: 't-0/00000000000000000000.log', keptBytes: size }])
  })

  test('a batch of which a byte has changed ends the log where it stands, in whichever segment', async () => {
    const config = { ...defaultLogConfig, segmentBytes: 200 }
    for (let position = 0; position < 2; position++) {
      const folder = newFolder()
      const first = disk(folder)
      const log = openLog(first, config)
      for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) log.append(sentBatch([{ value }]), 1)
      await first.close()
      const file = join(folder, `t-0/${['00000000000000000004', '00000000000000000002'][position]!}.log`)
      const bytes = readFileSync(file)
      bytes[bytes.length - 3]! ^= 1
      writeFileSync(file, bytes)
      // Only the last segment is read at the start: a full one is read when its index is lost, or its length is not right.
      if (position === 1) rmSync(file.replace('.log', '.idx'))
      expect(readAll(openLog(disk(folder), config))).toHaveLength(2)
    }
  })

  test('a frame that is damaged ends a framed log, and is reported', async () => {
    const folder = newFolder()
    const seen: string[] = []
    const options = { apply: (payload: Buffer) => void seen.push(payload.toString()), snapshot: () => [] }
    const first = disk(folder)
    FramedLog.open(first, 'x.log', options).append(Buffer.from('one'), Buffer.from('two'))
    await first.close()
    appendFileSync(join(folder, 'x.log'), Buffer.alloc(20))
    const notices: StorageNotice[] = []
    const storage = disk(folder, (notice) => notices.push(notice))
    FramedLog.open(storage, 'x.log', options).append(Buffer.from('three'))
    expect([seen, notices.map(({ droppedBytes }) => droppedBytes)]).toEqual([['one', 'two'], [20]])
  })

  test('with interval, data is forced onto the disk a second after it was written, and not before', async () => {
    const clock = new SimulatedClock()
    const storage = new DiskStorage({ dataDir: newFolder(), clock })
    openLog(storage).append(sentBatch([{}]), 1)
    await clock.advance(1001)
    await storage.close()
    await expect(clock.runUntil(() => false)).rejects.toThrow(/0 timers left/)
  })
})
