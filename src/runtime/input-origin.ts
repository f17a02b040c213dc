import type { RawRecord, RecordQueue } from './record-queue.ts'

/** Where a record that is being processed came from: the head of a queue, or one that was set aside. */
export type CurrentInput = Pick<RecordQueue, 'topic' | 'partition' | 'headOffset' | 'rawHead'>

/** An input record of which something is in flight. */
export class InputOrigin implements CurrentInput {
  readonly #raw: RawRecord
  /** Pieces that it became and that are not done. */
  pieces = 0

  constructor(raw: RawRecord) {
    this.#raw = raw
  }

  get topic(): string {
    return this.#raw.topic
  }

  get partition(): number {
    return this.#raw.partition
  }

  headOffset(): number {
    return this.#raw.offset
  }

  rawHead(): RawRecord {
    return this.#raw
  }
}

/**
 * The input records of a task of which something is in flight, and so the low-water mark: below it every record is done with. A
 * record may be there in several pieces, made by a flatMap or by several operators.
 */
export class InputOrigins {
  /** By topic, then by offset. */
  readonly #held = new Map<string, Map<number, InputOrigin>>()

  hold(input: CurrentInput): InputOrigin {
    const origin = input instanceof InputOrigin ? input : this.#of(input)
    origin.pieces += 1
    return origin
  }

  release(origin: InputOrigin): void {
    origin.pieces -= 1
    if (origin.pieces === 0) this.#held.get(origin.topic)!.delete(origin.headOffset())
  }

  /** The lowest offset that is not done with; undefined when everything is. */
  lowest(topic: string): number | undefined {
    const offsets = this.#held.get(topic)
    return offsets === undefined || offsets.size === 0 ? undefined : Math.min(...offsets.keys())
  }

  #of(input: CurrentInput): InputOrigin {
    let offsets = this.#held.get(input.topic)
    if (offsets === undefined) this.#held.set(input.topic, (offsets = new Map()))
    let origin = offsets.get(input.headOffset())
    if (origin === undefined) offsets.set(input.headOffset(), (origin = new InputOrigin(input.rawHead())))
    return origin
  }
}
