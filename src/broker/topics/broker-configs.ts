import type { BrokerState } from '../broker-state.ts'
import { configSource, type EffectiveConfig } from './effective-configs.ts'
import { configType, topicConfigTable, type ConfigTypeName } from './topic-config-table.ts'

/** What admin tools read of a broker: its own settings, and what topics without their own get. */
export function brokerConfigs({ config, nodeId }: Pick<BrokerState, 'config' | 'nodeId'>): EffectiveConfig[] {
  const own = [
    brokerConfig('auto.create.topics.enable', 'BOOLEAN', String(config.autoCreateTopics)),
    brokerConfig('broker.id', 'INT', String(nodeId)),
    brokerConfig('default.replication.factor', 'INT', '1'),
    brokerConfig('delete.topic.enable', 'BOOLEAN', 'true'),
    brokerConfig('group.initial.rebalance.delay.ms', 'INT', String(config.groupInitialRebalanceDelayMs)),
    brokerConfig('node.id', 'INT', String(nodeId)),
    brokerConfig('num.partitions', 'INT', String(config.defaultPartitions)),
    brokerConfig('offsets.topic.replication.factor', 'SHORT', '1'),
    brokerConfig('socket.request.max.bytes', 'INT', String(config.limits.requestBytesMax)),
    brokerConfig('transaction.state.log.replication.factor', 'SHORT', '1'),
  ]
  const ofTopics = Object.values(topicConfigTable).map(({ synonym, type, fallback }) => ({
    ...brokerConfig(synonym, type, fallback),
    configSource: configSource.DEFAULT,
  }))
  return [...own, ...ofTopics].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function brokerConfig(name: string, type: ConfigTypeName, value: string): EffectiveConfig {
  const source = configSource.STATIC_BROKER
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
