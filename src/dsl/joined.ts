import type { ValueJoiner } from '../topology/functions.ts'
import type { NodeId } from '../topology/node.ts'

/** What meets, and what comes of it. */
export interface Joined<Type> {
  readonly type: Type
  readonly inputs: readonly NodeId[]
  readonly joiner: ValueJoiner
}
