import type { Plan } from 'millrace'
import type { StreamRecord } from '../../../src/core/stream-record.ts'
import type { OperatorSpec } from '../../../src/planner/operator-spec.ts'
import type { PlanNode } from '../../../src/planner/plan.ts'
import { NodeRunner } from '../../../src/runtime/node-runner.ts'

type Kind = OperatorSpec['kind']

/** Whether the values that go in and come out are changes of a table; null: as the edge has it. */
const edges = {
  fused: { takes: false, gives: false },
  'flat-map': { takes: false, gives: false },
  'flat-map-values': { takes: false, gives: false },
  'map-async': { takes: false, gives: false },
  'map-batch': { takes: false, gives: false },
  foreach: { takes: false, gives: false },
  pass: { takes: null, gives: null },
  split: { takes: false, gives: false },
  'table-source': { takes: false, gives: true },
  'table-filter': { takes: true, gives: true },
  'table-map-values': { takes: true, gives: true },
  'table-to-stream': { takes: true, gives: false },
  'table-join-side': { takes: true, gives: true },
  'table-join-merge': { takes: true, gives: true },
  'table-group': { takes: true, gives: true },
  'table-aggregate': { takes: true, gives: true },
  'stream-aggregate': { takes: false, gives: true },
  'window-aggregate': { takes: false, gives: true },
  'sliding-aggregate': { takes: false, gives: true },
  'session-aggregate': { takes: false, gives: true },
  suppress: { takes: true, gives: true },
  dedupe: { takes: false, gives: false },
  over: { takes: false, gives: false },
  'stream-join': { takes: false, gives: false },
  'stream-table-join': { takes: false, gives: false },
  'stream-table-grace-join': { takes: false, gives: false },
  'stream-global-join': { takes: false, gives: false },
  'foreign-key-subscribe': { takes: true, gives: false },
  'foreign-key-receive': { takes: false, gives: false },
  'foreign-key-update': { takes: true, gives: false },
  'foreign-key-resolve': { takes: false, gives: false },
  process: { takes: false, gives: false },
  sink: { takes: null, gives: null },
} satisfies Record<Kind, { readonly takes: boolean | null; readonly gives: boolean | null }>

/** No operator makes so many records of one: beyond it, a loop is taken for endless. */
const forwardsMax = 10_000

/**
 * Stands on every edge between the nodes of a plan and notes what may not be. Every record is frozen, all the way down, before
 * the next node gets it: an operator that changes what it was given fails.
 */
export class EdgeTap {
  readonly problems: string[] = []
  /** Since the last `reset`. */
  forwards = 0
  readonly #nodes: ReadonlyMap<string, PlanNode>
  /** Who got the record that is being forwarded; the innermost last. */
  readonly #receivers: string[][] = []

  constructor(plan: Plan) {
    this.#nodes = new Map(plan.subtopologies.flatMap(({ nodes }) => nodes).map((node) => [node.name, node]))
  }

  reset(): void {
    this.forwards = 0
  }

  entered(nodeName: string, record: StreamRecord): void {
    this.#receivers.at(-1)?.push(nodeName)
    freeze(record)
    this.#check(nodeName, 'gets', record, edges[this.#node(nodeName).operator.kind].takes)
  }

  forwarding(nodeName: string, record: StreamRecord, childIndex: number | undefined, run: () => void): void {
    if (++this.forwards > forwardsMax) throw new Error(`${nodeName} does not come to an end`)
    this.#check(nodeName, 'gives', record, edges[this.#node(nodeName).operator.kind].gives)
    const received: string[] = []
    this.#receivers.push(received)
    try {
      run()
    } finally {
      this.#receivers.pop()
    }
    const { children } = this.#node(nodeName)
    const declared = childIndex === undefined ? children : [children[childIndex]]
    if (received.join() !== declared.join()) {
      this.problems.push(`${nodeName} has the children ${declared.join()}, and ${received.join()} got its record`)
    }
  }

  #check(nodeName: string, does: string, { value, timestamp, headers }: StreamRecord, isTable: boolean | null): void {
    const where = `${nodeName} ${does}`
    if (isTable !== null && isChange(value) !== isTable) {
      this.problems.push(`${where} ${JSON.stringify(value)}, ${isTable ? 'no change' : 'a change'} of a table`)
    }
    if (!Number.isInteger(timestamp) || timestamp < 0) this.problems.push(`${where} the timestamp ${timestamp}`)
    if (!Array.isArray(headers)) this.problems.push(`${where} headers that are no array`)
    if (value === undefined) this.problems.push(`${where} undefined`)
  }

  #node(name: string): PlanNode {
    return this.#nodes.get(name)!
  }
}

/** Runs `body` with a tap between all nodes of all tasks. @throws when an edge saw what may not be */
export async function tapped<T>(plan: Plan, body: (tap: EdgeTap) => Promise<T>): Promise<T> {
  const tap = new EdgeTap(plan)
  const { prototype } = NodeRunner
  const { process, forward, forwardTo } = prototype
  prototype.process = function (this: NodeRunner, record) {
    tap.entered(this.nodeName, record)
    process.call(this, record)
  }
  prototype.forward = function (this: NodeRunner, record) {
    tap.forwarding(this.nodeName, record, undefined, () => forward.call(this, record))
  }
  prototype.forwardTo = function (this: NodeRunner, childIndex, record) {
    tap.forwarding(this.nodeName, record, childIndex, () => forwardTo.call(this, childIndex, record))
  }
  try {
    const result = await body(tap)
    if (tap.problems.length > 0) throw new Error([...new Set(tap.problems)].slice(0, 10).join('\n'))
    return result
  } finally {
    Object.assign(prototype, { process, forward, forwardTo })
  }
}

function isChange(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'newValue' in value && 'oldValue' in value
}

/** Bytes cannot be frozen. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}
