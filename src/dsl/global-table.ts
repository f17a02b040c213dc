import type { NodeId } from '../topology/node.ts'

/**
 * A topic as a table of which every instance holds all (Kafka Streams: GlobalKTable): for looking things up by any key, with
 * `KStream.joinGlobal`. It is filled before the app runs and kept up to date while it runs.
 */
export class GlobalTable<K, V> {
  /** The node that it comes out of. */
  readonly node: NodeId
  /** For the types only: without it all global tables would be the same type. */
  declare readonly of: readonly [K, V]

  constructor(node: NodeId) {
    this.node = node
  }
}
