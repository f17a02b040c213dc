/* A log as a list of records, run beside the real one: what was written, by whom, and what became of its transaction. */
import { expect } from 'vitest'
import type { LogConfig } from '../../src/broker/log/log-config.ts'
import { PartitionLog } from '../../src/broker/log/partition-log.ts'
import type { Storage } from '../../src/broker/log/storage.ts'
import { AbortedFilter } from '../../src/protocol/records/aborted-filter.ts'
import { RecordCursor } from '../../src/protocol/records/record-cursor.ts'
import { batchesIn, sentBatch, type StoredRecord } from './broker-batches.ts'
import { Crash, TornStorage } from './torn-storage.ts'

type Outcome = 'open' | 'committed' | 'aborted'

interface ModelRecord extends StoredRecord {
  /** -1: of no transaction. */
  readonly producerId: number
  outcome: Outcome
}

interface Sent {
  readonly bytes: Buffer
  readonly records: readonly { readonly key: string; readonly value: string | null; readonly timestamp: number }[]
  readonly producerId: number
}

interface Written extends Sent {
  readonly baseOffset: number
}

/** All that the model knew when the log had this end. */
interface Moment {
  readonly end: number
  readonly outcomes: readonly Outcome[]
  readonly sequences: ReadonlyMap<number, number>
  readonly last: ReadonlyMap<number, Written>
}

export class LogModel {
  readonly #inner: Storage
  readonly #config: LogConfig
  #storage: TornStorage
  #log: PartitionLog
  nowMs = 1_000_000
  #records: ModelRecord[] = []
  #end = 0
  #sequences = new Map<number, number>()
  #last = new Map<number, Written>()
  #moments: Moment[] = [{ end: 0, outcomes: [], sequences: new Map(), last: new Map() }]
  #values = 0

  constructor(inner: Storage, config: LogConfig) {
    this.#inner = inner
    this.#config = config
    this.#storage = new TornStorage(inner)
    this.#log = this.#open()
  }

  get isCompacted(): boolean {
    return this.#config.cleanupPolicy.compact
  }

  get log(): PartitionLog {
    return this.#log
  }

  #open(): PartitionLog {
    const [storage, config, nowMs] = [this.#storage, this.#config, this.nowMs]
    return PartitionLog.open({ storage, folder: 'p', topic: 't', partition: 0, config, nowMs })
  }

  #prepare(keys: readonly string[], producerId: number, transactional: boolean): Sent {
    const records = keys.map((key, i) => ({
      key: key.toLowerCase(),
      value: key === key.toLowerCase() ? `${this.#values++}` : null,
      timestamp: this.nowMs - i * 10,
    }))
    const sequence = this.#sequences.get(producerId) ?? 0
    const bytes = sentBatch(records, producerId < 0 ? {} : { producerId, sequence, transactional })
    return { bytes, records, producerId: transactional ? producerId : -1 }
  }

  /** Upper-case keys are deleted. */
  append(keys: readonly string[], producerId = -1, transactional = false): void {
    const sent = this.#prepare(keys, producerId, transactional)
    const result = this.#log.append(sent.bytes, this.nowMs)
    expect(result).toMatchObject({ errorCode: 0, baseOffset: this.#end })
    this.#written(sent, producerId)
  }

  #written(sent: Sent, producerId: number): void {
    const { records, producerId: writer } = sent
    const outcome = writer < 0 ? 'committed' : 'open'
    records.forEach((record, i) =>
      this.#records.push({ ...record, offset: this.#end + i, producerId: writer, outcome }),
    )
    this.#sequences.set(producerId, (this.#sequences.get(producerId) ?? 0) + records.length)
    this.#last.set(producerId, { ...sent, baseOffset: this.#end })
    this.#end += records.length
    this.#remember()
  }

  #remember(): void {
    const outcomes = this.#records.map(({ outcome }) => outcome)
    this.#moments.push({ end: this.#end, outcomes, sequences: new Map(this.#sequences), last: new Map(this.#last) })
  }

  /** The log loses its end, batch by batch: all is as it was when it ended there. */
  truncate(share: number): void {
    const offset = Math.max(this.#log.logStartOffset, Math.floor(share * this.#end))
    expect(this.#log.truncateTo(offset, this.nowMs).errorCode).toBe(0)
    this.#moments = this.#moments.filter(({ end }) => end <= offset)
    const { end, outcomes, sequences, last } = this.#moments.at(-1)!
    expect(this.#log.endOffset).toBe(Math.max(end, this.#log.logStartOffset))
    this.#records = this.#records.slice(0, outcomes.length).map((one, i) => ({ ...one, outcome: outcomes[i]! }))
    // Nothing is left of a log whose end falls below its start: it begins anew there, and as in Kafka without its producers.
    const beginsAnew = end < this.#log.logStartOffset
    this.#sequences = new Map(beginsAnew ? [] : sequences)
    this.#last = new Map(beginsAnew ? [] : last)
    this.#end = this.#log.endOffset
  }

  /** As after a lost answer. */
  repeat(producerId: number): void {
    const last = this.#last.get(producerId)
    if (last === undefined) return
    expect(this.#log.append(last.bytes, this.nowMs)).toMatchObject({ errorCode: 0, baseOffset: last.baseOffset })
  }

  isOpen(producerId: number): boolean {
    return this.#records.some((one) => one.producerId === producerId && one.outcome === 'open')
  }

  end(producerId: number, type: 'commit' | 'abort'): void {
    const marker = { producerId, epoch: 0, coordinatorEpoch: 0, type }
    expect(this.#log.writeMarker(marker, this.nowMs).errorCode).toBe(0)
    this.#ended(producerId, type)
  }

  #ended(producerId: number, type: 'commit' | 'abort'): void {
    for (const record of this.#records)
      if (record.producerId === producerId && record.outcome === 'open')
        record.outcome = type === 'commit' ? 'committed' : 'aborted'
    this.#end++
    this.#remember()
  }

  retain(): void {
    this.#log.enforceRetention(this.nowMs)
  }

  async compact(): Promise<void> {
    await this.#log.compact(this.nowMs, async () => {})
  }

  deleteBefore(share: number): void {
    const offset = Math.floor(share * this.#end)
    const { errorCode, logStartOffset } = this.#log.deleteRecordsBefore(offset, this.nowMs)
    expect([errorCode, logStartOffset >= offset]).toEqual([0, true])
  }

  reopen(): void {
    this.#log.close()
    this.#log = this.#open()
  }

  /** Dies within so many bytes of what `action` writes; with `share`, the machine does, and loses what was not synced. */
  async crash(bytes: number, action: () => void | Promise<void>, share?: () => number): Promise<void> {
    this.#storage.crashAfter(bytes)
    try {
      await action()
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
    if (share !== undefined) this.#storage.losePower(share)
    this.#storage = new TornStorage(this.#inner)
    this.#log = this.#open()
    this.#adopt(share !== undefined)
  }

  /** What was not acknowledged may be there; without power, the last of what was acknowledged may be gone. */
  #adopt(lossy: boolean): void {
    const end = this.#log.endOffset
    if (!lossy) expect(end).toBeGreaterThanOrEqual(this.#end)
    this.#records = this.#records.filter(({ offset }) => offset < end)
    this.#end = end
  }

  /** A write that dies: appended whole, or not at all. */
  async crashingAppend(bytes: number, keys: readonly string[], producerId: number): Promise<void> {
    const transactional = producerId >= 0 && this.isOpen(producerId)
    const sent = this.#prepare(keys, producerId, transactional)
    const [before, end] = [[...this.#records], this.#end]
    await this.crash(bytes, () => void this.#log.append(sent.bytes, this.nowMs))
    this.#records = before
    this.#end = end
    if (this.#log.endOffset > end) this.#written(sent, producerId)
    expect(this.#log.endOffset).toBe(this.#end)
  }

  /** All batches from the start on, fetched as a consumer does. */
  fetch(committed: boolean, maxBytes: number): StoredRecord[] {
    const found: StoredRecord[] = []
    const cursor = new RecordCursor({ topic: 't', partition: 0 })
    const end = committed ? this.#log.lastStableOffset : this.#log.endOffset
    for (let offset = this.#log.logStartOffset; offset < end;) {
      const { errorCode, records, aborted } = this.#log.read({ offset, maxBytes, committed })
      expect(errorCode).toBe(0)
      if (records.length === 0) break
      const list = (aborted ?? []).map((one) => ({ ...one, producerId: BigInt(one.producerId) }))
      const filter = new AbortedFilter(list, cursor)
      for (const batch of batchesIn(records)) {
        const dropped = committed ? filter.drops(batch) : batch.isControl
        cursor.open(batch)
        while (!dropped && cursor.next())
          if (cursor.offset >= offset && cursor.offset < end) found.push(recordUnder(cursor))
        expect(batch.lastOffset).toBeGreaterThanOrEqual(offset)
        offset = batch.lastOffset + 1
      }
    }
    return found
  }

  /** Whatever was not deleted is there, in order; of a compacted log, what is there was written, and the last of each key is. */
  check(maxBytes: number, compacted: boolean): void {
    const { logStartOffset } = this.#log
    const expected = this.#records.filter(({ offset }) => offset >= logStartOffset)
    const open = expected.find(({ outcome }) => outcome === 'open')
    const stable = Math.max(logStartOffset, this.#firstOpen() ?? this.#end)
    expect([this.#log.endOffset, this.#log.lastStableOffset]).toEqual([this.#end, stable])
    expect(open === undefined || open.offset >= stable).toBe(true)
    const visible = expected.filter(({ offset, outcome }) => outcome === 'committed' && offset < stable)
    this.#compare(this.fetch(true, maxBytes), visible, compacted)
    const all = compacted ? expected.filter(({ outcome }) => outcome !== 'aborted') : expected
    this.#compare(withoutAborted(this.fetch(false, maxBytes), expected, compacted), all, compacted)
  }

  #firstOpen(): number | undefined {
    return this.#records.find(({ outcome }) => outcome === 'open')?.offset
  }

  #compare(found: readonly StoredRecord[], expected: readonly ModelRecord[], compacted: boolean): void {
    const plain = expected.map(({ offset, key, value, timestamp }) => ({ offset, key, value, timestamp }))
    if (!compacted) {
      expect(found).toEqual(plain)
      return
    }
    const byOffset = new Map(plain.map((record) => [record.offset, record]))
    for (const record of found) expect(record).toEqual(byOffset.get(record.offset))
    const offsets = found.map(({ offset }) => offset)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b))
    expect(stateOf(found)).toEqual(stateOf(plain))
  }
}

function recordUnder(cursor: RecordCursor): StoredRecord {
  const [key, value] = [cursor.key(), cursor.value()].map((bytes) => bytes?.toString() ?? null)
  return { offset: cursor.offset, key: key!, value: value!, timestamp: cursor.timestamp }
}

/** Compaction removes records of aborted transactions; a reader that does not ask for committed ones may see them until then. */
function withoutAborted(found: StoredRecord[], expected: readonly ModelRecord[], compacted: boolean): StoredRecord[] {
  if (!compacted) return found
  const aborted = new Set(expected.filter(({ outcome }) => outcome === 'aborted').map(({ offset }) => offset))
  return found.filter(({ offset }) => !aborted.has(offset))
}

/** A table of the log: the last value of each key, without the deleted ones. */
function stateOf(records: readonly StoredRecord[]): Record<string, string> {
  const state: Record<string, string> = {}
  for (const { key, value } of records)
    if (value === null) delete state[key!]
    else state[key!] = value
  return state
}
