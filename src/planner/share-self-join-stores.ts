import type { StreamJoinSpec } from './operator-spec.ts'
import type { PhysicalGraph, PhysicalNode } from './physical-graph.ts'

interface JoinSideNode extends PhysicalNode {
  readonly operator: StreamJoinSpec
}

/**
 * `single.store.self.join`: both sides of a join read the same node, so their stores would hold the same. The left side's
 * serves both: the left side looks before it puts the record, the right side after, which is what they see in two stores, and
 * so the results are the same ones. Kafka Streams' operator for it gives others (docs/adr/0014).
 */
export function shareSelfJoinStores(graph: PhysicalGraph): void {
  const sides = graph.nodes.filter(isJoinSide)
  for (const left of sides.filter(({ operator }) => operator.side === 'left')) {
    const right = sides.find(({ operator }) => operator.side === 'right' && operator.joinId === left.operator.joinId)!
    if (left.parents[0] === right.parents[0]) share(graph, left, right)
  }
}

function isJoinSide(node: PhysicalNode): node is JoinSideNode {
  return node.operator.kind === 'stream-join'
}

function share(graph: PhysicalGraph, left: JoinSideNode, right: JoinSideNode): void {
  const [kept, dropped] = [left.operator.ownStore, right.operator.ownStore]
  const changelog = graph.stores.get(dropped)!.spec.changelogTopic
  graph.stores.delete(dropped)
  graph.topics.splice(
    graph.topics.findIndex(({ name }) => name === changelog),
    1,
  )
  const shared = (side: JoinSideNode, storesOwn: boolean): PhysicalNode => ({
    ...side,
    stores: side.stores.filter((store) => store !== dropped),
    operator: { ...side.operator, ownStore: kept, otherStore: kept, storesOwn },
  })
  graph.replace(
    graph.nodes.map((node) => (node === left ? shared(left, true) : node === right ? shared(right, false) : node)),
  )
}
