import type { BrokerState } from '../broker-state.ts'
import { configSource, type EffectiveConfig } from './effective-configs.ts'
import { configType, topicConfigTable, type ConfigTypeName } from './topic-config-table.ts'

/** What admin tools read of a broker: its own settings, and what topics without their own get. */
export function brokerConfigs({ config, nodeId }: Pick<BrokerState, 'config' | 'nodeId'>): EffectiveConfig[] {
  const own = [
    given('auto.create.topics.enable', 'BOOLEAN', String(config.autoCreateTopics)),
    given('broker.id', 'INT', String(nodeId)),
    given('default.replication.factor', 'INT', '1'),
    given('delete.topic.enable', 'BOOLEAN', 'true'),
    given('group.initial.rebalance.delay.ms', 'INT', String(config.groupInitialRebalanceDelayMs)),
    given('node.id', 'INT', String(nodeId)),
    given('num.partitions', 'INT', String(config.defaultPartitions)),
    given('offsets.topic.replication.factor', 'SHORT', '1'),
    given('socket.request.max.bytes', 'INT', String(config.limits.requestBytesMax)),
    given('transaction.state.log.replication.factor', 'SHORT', '1'),
  ]
  const ofTopics = Object.values(topicConfigTable).flatMap(({ synonym, type, fallback }) =>
    synonym === undefined ? [] : brokerConfig(synonym, { type, value: fallback, source: configSource.DEFAULT }),
  )
  return [...own, ...ofTopics].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const given = (name: string, type: ConfigTypeName, value: string): EffectiveConfig =>
  brokerConfig(name, { type, value, source: configSource.STATIC_BROKER })

function brokerConfig(
  name: string,
  { type, value, source }: { readonly type: ConfigTypeName; readonly value: string; readonly source: number },
): EffectiveConfig {
  return {
    name,
    value,
    readOnly: true,
    configSource: source,
    isSensitive: false,
    configType: configType[type],
    synonyms: [{ name, value, source }],
  }
}
