import type { LogConfig } from '../log/log-config.ts'
import { Refusal } from '../refusal.ts'
import { listItems, problemOfValue } from './config-value.ts'
import { topicConfigTable } from './topic-config-table.ts'

/** What was set for a topic, by Kafka's names; what is not among them has its default. */
export type TopicConfigs = Readonly<Record<string, string>>

/** @throws Refusal INVALID_CONFIG */
export function checkTopicConfigs(configs: Readonly<Record<string, string | null>>): TopicConfigs {
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(configs)) {
    const definition = Object.hasOwn(topicConfigTable, name) ? topicConfigTable[name] : undefined
    if (definition === undefined) throw new Refusal('INVALID_CONFIG', `Unknown topic config name: ${name}`)
    if (value === null) throw new Refusal('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`)
    const problem = problemOfValue(name, value, definition)
    if (problem !== undefined) throw new Refusal('INVALID_CONFIG', problem)
    checked[name] = value.trim()
  }
  return checked
}

export function topicConfig(configs: TopicConfigs, name: string): string {
  return configs[name] ?? topicConfigTable[name]!.fallback
}

/** What the partitions' logs follow. */
export function logConfigOf(configs: TopicConfigs): LogConfig {
  const text = (name: string): string => topicConfig(configs, name)
  // Kafka's "never" is the largest long, which a double does not hold.
  const number = (name: string): number => Math.min(Number(text(name)), Number.MAX_SAFE_INTEGER)
  const policies = listItems(text('cleanup.policy'))
  return {
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: text('message.timestamp.type') as LogConfig['messageTimestampType'],
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    compressionType: text('compression.type') as LogConfig['compressionType'],
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
  }
}
