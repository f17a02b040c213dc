import type { StreamRecord } from '../core/stream-record.ts'
import type { NodeRunner } from './node-runner.ts'

/** From the task's input to a node: of each node on the way, which of the records that it forwards, and to which child. */
export type ResumePath = readonly (readonly [emission: number, child: string])[]

interface Frame {
  emission: number
  child: string
}

/** Where a run stands, to go on from there later. */
export interface TracePosition {
  readonly frames: readonly Frame[]
  readonly target: ResumePath | null
}

/**
 * Follows a record through the nodes of a task whose operators park: says where it failed, and brings a replayed record there
 * again. What came before that point in the order of processing is left out, for it is done: only the nodes on the way run again.
 * What comes after it was not run the first time (RecordRun.stop) and runs now. So each node below the way sees the record once.
 *
 * While there is a target, all frames stand on its way: others were left out, or the target is behind and forgotten.
 */
export class RunTrace {
  #frames: Frame[] = []
  #target: ResumePath | null = null

  /** @param path where the record failed before; empty: it runs from the start */
  start(path: ResumePath): void {
    this.#frames = []
    this.#target = path.length === 0 ? null : path
  }

  get depth(): number {
    return this.#frames.length
  }

  enter(): void {
    this.#frames.push({ emission: -1, child: '' })
  }

  leave(depth: number): void {
    this.#frames.length = depth
  }

  /** Of the node that is about to run. */
  path(): ResumePath {
    return this.#frames.map(({ emission, child }) => [emission, child])
  }

  position(): TracePosition {
    return { frames: this.#frames.map((frame) => ({ ...frame })), target: this.#target }
  }

  goTo({ frames, target }: TracePosition): void {
    this.#frames = frames.map((frame) => ({ ...frame }))
    this.#target = target
  }

  /** To the child of that index; -1: to all. */
  forward(children: readonly NodeRunner[], record: StreamRecord, only: number): void {
    const frame = this.#frames.at(-1)
    if (frame !== undefined) frame.emission += 1
    for (const [index, child] of children.entries()) {
      if (only !== -1 && only !== index) continue
      if (frame === undefined) child.process(record) // from a punctuation: no record is traced
      else if (this.#goesOn(frame, children, index)) {
        frame.child = child.nodeName
        child.process(record)
      }
    }
  }

  #goesOn(frame: Frame, children: readonly NodeRunner[], index: number): boolean {
    if (this.#target === null) return true
    const depth = this.#frames.length - 1
    const [emission, child] = this.#target[depth]!
    const targetIndex = children.findIndex(({ nodeName }) => nodeName === child)
    // The topology is another one since then: better once too often than not at all.
    const isUnknown = targetIndex < 0
    const order = frame.emission - emission || index - targetIndex
    if (!isUnknown && order < 0) return false
    if (isUnknown || order > 0 || depth === this.#target.length - 1) this.#target = null
    return true
  }
}
