import { configType, topicConfigTable } from './topic-config-table.ts'
import { topicConfig, type TopicConfigs } from './topic-configs.ts'

/** Where a value comes from (Kafka's DescribeConfigsResponse.ConfigSource). */
const configSource = { TOPIC: 1, STATIC_BROKER: 4, DEFAULT: 5 } as const

export interface EffectiveConfig {
  readonly name: string
  readonly value: string
  readonly readOnly: false
  readonly configSource: number
  readonly isSensitive: false
  readonly configType: number
}

/** All configs of a topic, by their names. */
export function effectiveConfigs(configs: TopicConfigs): EffectiveConfig[] {
  return Object.entries(topicConfigTable).map(([name, { type }]) => ({
    name,
    value: topicConfig(configs, name),
    readOnly: false,
    configSource: Object.hasOwn(configs, name) ? configSource.TOPIC : configSource.DEFAULT,
    isSensitive: false,
    configType: configType[type],
  }))
}
