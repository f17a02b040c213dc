import { configType, topicConfigTable, type ConfigDefinition } from './topic-config-table.ts'
import type { TopicConfigs } from './topic-configs.ts'

/** Where a value comes from (Kafka's DescribeConfigsResponse.ConfigSource). */
export const configSource = { TOPIC: 1, STATIC_BROKER: 4, DEFAULT: 5 } as const

export interface ConfigSynonym {
  readonly name: string
  readonly value: string
  readonly source: number
}

export interface EffectiveConfig {
  readonly name: string
  readonly value: string
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: false
  readonly configType: number
  /** Where a value could come from, the one that counts first. */
  readonly synonyms: readonly ConfigSynonym[]
}

/** All configs of a topic, by their names. */
export function effectiveConfigs(configs: TopicConfigs): EffectiveConfig[] {
  return Object.entries(topicConfigTable).map(([name, definition]) => {
    const synonyms = synonymsOf(name, definition, configs)
    const { value, source } = synonyms[0] ?? { value: definition.fallback, source: configSource.DEFAULT }
    const type = configType[definition.type]
    return { name, value, readOnly: false, configSource: source, isSensitive: false, configType: type, synonyms }
  })
}

function synonymsOf(
  name: string,
  { synonym, fallback }: ConfigDefinition,
  configs: TopicConfigs,
): readonly ConfigSynonym[] {
  const own = configs[name]
  return [
    ...(own === undefined ? [] : [{ name, value: own, source: configSource.TOPIC }]),
    ...(synonym === undefined ? [] : [{ name: synonym, value: fallback, source: configSource.DEFAULT }]),
  ]
}
