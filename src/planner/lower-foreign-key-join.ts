import { subscriptionResponseSerde, subscriptionSerde } from '../serde/subscription-serdes.ts'
import type { Serde } from '../serde/serde.ts'
import type { ForeignKeyJoinNode } from '../topology/node.ts'
import { repartitionConfigs } from './internal-topics.ts'
import { addTableStore, stores } from './lower-tables.ts'
import type { Lowered, Lowering } from './lowering.ts'
import type { SinkSpec } from './operator-spec.ts'

/** What the four parts of one join share. */
interface Join {
  readonly lowering: Lowering
  readonly node: ForeignKeyJoinNode
  readonly left: Lowered
  readonly right: Lowered
  readonly primaryKey: Serde<any>
  readonly foreignKey: Serde<any>
  readonly leftValue: Serde<any>
  readonly rightValue: Serde<any>
  /** `<app>-<name>-subscription`: what the names of topics begin with. */
  readonly topicBase: string
  readonly hashTopic: string
}

/**
 * A foreign-key join (KTableImpl.doJoinOnForeignKey): the left table subscribes at the right one through a topic that is
 * co-partitioned with the right table, the answers come back through one that is co-partitioned with the left.
 */
export function lowerForeignKeyJoin(lowering: Lowering, node: ForeignKeyJoinNode): void {
  const join = joinOf(lowering, node)
  const registration = subscribe(join)
  const response = answer(join, registration)
  const { view, stores: viewed } = lowering.view(lowering.input(node))
  const name = lowering.name(node)
  const { type, joiner, foreignKey } = node
  const serdes = { valueSerde: join.leftValue, foreignKeySerde: join.foreignKey, hashTopic: join.hashTopic }
  const resolve = { kind: 'foreign-key-resolve', type, joiner, foreignKey, left: view, ...serdes } as const
  lowering.graph.add(`${name}-resolve`, resolve, [response.node], viewed)
  const store = addTableStore(lowering, node)
  const { sendOldValues } = lowering.table(node)
  lowering.graph.add(name, { kind: 'table-source', store, sendOldValues }, [`${name}-resolve`], stores(store))
  lowering.done(node, { node: name, topics: lowering.copartition(node, [join.left, response]), rekeyed: false })
}

function joinOf(lowering: Lowering, node: ForeignKeyJoinNode): Join {
  const [leftNode, rightNode] = [lowering.input(node, 0), lowering.input(node, 1)]
  const [left, right] = [lowering.serdes(leftNode), lowering.serdes(rightNode)]
  const topicBase = `${lowering.applicationId}-${lowering.baseName(node)}-subscription`
  return {
    lowering,
    node,
    left: lowering.lowered(leftNode),
    right: lowering.lowered(rightNode),
    primaryKey: lowering.need(left.key, node, "left side's key"),
    foreignKey: lowering.need(right.key, node, "right side's key"),
    leftValue: lowering.need(node.leftValue ?? left.value, node, "left side's values"),
    rightValue: lowering.need(node.rightValue ?? right.value, node, "right side's values"),
    topicBase,
    hashTopic: `${topicBase}-hash`,
  }
}

function subscribe(join: Join): Lowered {
  const { lowering, node, left, foreignKey, leftValue, topicBase, hashTopic } = join
  const name = `${lowering.name(node)}-subscribe`
  lowering.graph.add(
    name,
    {
      kind: 'foreign-key-subscribe',
      type: node.type,
      foreignKey: node.foreignKey,
      foreignKeySerde: foreignKey,
      valueSerde: leftValue,
      hashTopic,
      dropOutOfOrder: lowering.isVersioned(node, 0),
    },
    [left.node],
  )
  return throughTopic(join, [name], {
    topic: `${topicBase}-registration-topic`,
    key: foreignKey,
    value: subscriptionSerde(join.primaryKey),
    partitioner: null,
  })
}

function answer(join: Join, registration: Lowered): Lowered {
  const { lowering, node, right, topicBase, hashTopic } = join
  const { view, stores: viewed } = lowering.view(lowering.input(node, 1))
  const store = lowering.storeNamed(`${lowering.baseName(node)}-subscription-store`, node, {
    kind: 'subscription',
    key: join.foreignKey,
    primaryKey: join.primaryKey,
    value: subscriptionSerde(join.primaryKey),
  })
  const name = lowering.name(node)
  const serdes = { foreignKeySerde: join.foreignKey, hashTopic }
  const receive = { kind: 'foreign-key-receive', store, right: view, ...serdes } as const
  lowering.graph.add(`${name}-receive`, receive, [registration.node], [store, ...viewed])
  const dropOutOfOrder = lowering.isVersioned(node, 1)
  const update = { kind: 'foreign-key-update', store, dropOutOfOrder, ...serdes } as const
  lowering.graph.add(`${name}-update`, update, [right.node], [store])
  lowering.copartition(node, [right, registration])
  return throughTopic(join, [`${name}-receive`, `${name}-update`], {
    topic: `${topicBase}-response-topic`,
    key: join.primaryKey,
    value: subscriptionResponseSerde(join.rightValue),
    partitioner: (response: { readonly primaryPartition: number }) => response.primaryPartition,
  })
}

function throughTopic(
  { lowering }: Join,
  parents: readonly string[],
  sink: Pick<SinkSpec, 'key' | 'value' | 'partitioner'> & { readonly topic: string },
): Lowered {
  const { graph, applicationId } = lowering
  const { topic, key, value } = sink
  const base = topic.slice(applicationId.length + 1)
  graph.add(`${base}-sink`, { kind: 'sink', ...sink, dropNullKeys: false }, parents)
  const source = `${base}-source`
  graph.sources.push({ topic, nodeName: source, key, value, timestamp: null, offsetReset: 'earliest', internal: true })
  graph.add(source, { kind: 'pass' }, [])
  graph.topics.push({ name: topic, kind: 'repartition', partitions: null, configs: repartitionConfigs, owner: source })
  return { node: source, topics: [topic], rekeyed: false }
}
