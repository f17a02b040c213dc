import type { StoreSpec } from './store-spec.ts'

/*
 * Names and configs of internal topics are Kafka Streams' (InternalTopicConfig and its subclasses), so that its tools work on ours.
 */

export function changelogTopic(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

export function repartitionTopic(applicationId: string, name: string): string {
  return `${applicationId}-${name}-repartition`
}

/** Where the instances of an app record what they keep (docs/adr/0015). */
export function topologyTopic(applicationId: string): string {
  return `${applicationId}-topology`
}

/** Records of a repartition topic are kept until they are read: never by time, deleted by offset once committed. */
export const repartitionConfigs: Readonly<Record<string, string>> = Object.freeze({
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'segment.bytes': '52428800',
  'message.timestamp.type': 'CreateTime',
})

/** Kafka Streams' windowstore.changelog.additional.retention.ms: clocks of brokers and of events may differ by that much. */
const additionalRetentionMs = 86_400_000

export function changelogConfigs(spec: StoreSpec): Readonly<Record<string, string>> {
  const timestamps = { 'message.timestamp.type': 'CreateTime' }
  switch (spec.kind) {
    case 'window':
    case 'session':
    case 'over':
      return {
        'cleanup.policy': 'compact,delete',
        'retention.ms': `${spec.retentionMs + additionalRetentionMs}`,
        ...timestamps,
      }
    case 'stream-join':
      return {
        'cleanup.policy': 'delete',
        'retention.ms': `${spec.retentionMs + additionalRetentionMs}`,
        ...timestamps,
      }
    case 'versioned':
      return {
        'cleanup.policy': 'compact',
        'min.compaction.lag.ms': `${spec.historyRetentionMs + additionalRetentionMs}`,
        ...timestamps,
      }
    default:
      return { 'cleanup.policy': 'compact', ...timestamps }
  }
}
