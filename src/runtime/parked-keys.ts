import type { DropReason } from '../operators/operator.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { ErrorDesk } from './error-desk.ts'
import { admission, heldBack, poisoned, resolved, type Arrival, type ParkMark } from './park-mark.ts'
import { replayOf } from './replay.ts'
import type { RawRecord } from './record-queue.ts'

export type ParkedKeysStore = KeyValueStore<Uint8Array, ParkMark>

/** The parked keys of one input partition (docs/adr/0013). A record without a key has none that could be parked. */
export class ParkedKeys {
  readonly #store: ParkedKeysStore

  constructor(store: ParkedKeysStore) {
    this.#store = store
  }

  /** Why the record is not to be processed; null: it is. */
  turnsAway(record: RawRecord, desk: Pick<ErrorDesk, 'heldBack'>): DropReason | null {
    const mark = this.#mark(record)
    const arrival = arrivalOf(record)
    const admitted = admission(mark, arrival)
    if (mark !== null && admitted === 'hold') {
      desk.heldBack(record, mark)
      this.#keep(record, heldBack(mark, arrival))
      return 'parked'
    }
    if (admitted === 'repeat') return 'duplicate'
    if (arrival.replay?.discard !== true) return null
    this.resolved(record)
    return 'discarded'
  }

  poisoned(record: RawRecord, nodeName: string): void {
    this.#keep(record, poisoned(this.#mark(record), arrivalOf(record), nodeName))
  }

  /** To be called of every record that was processed. */
  resolved(record: RawRecord): void {
    const mark = this.#mark(record)
    const arrival = arrivalOf(record)
    if (mark === null || arrival.replay === undefined) return
    const next = resolved(mark, arrival)
    if (next !== mark) this.#keep(record, next)
  }

  #mark({ key }: RawRecord): ParkMark | null {
    return key === null || this.#store.entryCount === 0 ? null : (this.#store.get(key)?.value ?? null)
  }

  #keep({ key, timestamp }: RawRecord, mark: ParkMark | null): void {
    if (key === null) return
    if (mark === null) this.#store.delete(key, timestamp)
    else this.#store.put(Uint8Array.from(key), mark, timestamp) // a view otherwise, of a batch that goes
  }
}

function arrivalOf({ offset, headers }: RawRecord): Arrival {
  return { position: offset, replay: replayOf(headers) }
}
