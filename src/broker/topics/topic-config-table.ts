/** The types of configs, as DescribeConfigs numbers them (Kafka's ConfigDef.Type). */
export const configType = { BOOLEAN: 1, STRING: 2, INT: 3, SHORT: 4, LONG: 5, DOUBLE: 6, LIST: 7 } as const

export type ConfigTypeName = keyof typeof configType

export interface ConfigDefinition {
  readonly type: ConfigTypeName
  readonly fallback: string
  /** Of numbers. */
  readonly min?: number
  readonly max?: number
  /** Of strings and of the items of lists. */
  readonly values?: readonly string[]
  /** The config of a broker that says what topics without their own get. None where a broker has none, or none that is set. */
  readonly synonym?: string
}

const longMax = '9223372036854775807'

/** The configs of topics in Apache Kafka 4.1 (LogConfig). NOT-DONE.md says which of them do nothing here. */
export const topicConfigTable: Readonly<Record<string, ConfigDefinition>> = {
  'cleanup.policy': {
    type: 'LIST',
    fallback: 'delete',
    values: ['compact', 'delete'],
    synonym: 'log.cleanup.policy',
  },
  'compression.gzip.level': { type: 'INT', fallback: '-1', min: -1, max: 9, synonym: 'compression.gzip.level' },
  'compression.lz4.level': { type: 'INT', fallback: '9', min: 1, max: 17, synonym: 'compression.lz4.level' },
  'compression.type': {
    type: 'STRING',
    fallback: 'producer',
    values: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    synonym: 'compression.type',
  },
  'compression.zstd.level': { type: 'INT', fallback: '3', min: -131072, max: 22, synonym: 'compression.zstd.level' },
  'delete.retention.ms': { type: 'LONG', fallback: '86400000', min: 0, synonym: 'log.cleaner.delete.retention.ms' },
  'file.delete.delay.ms': { type: 'LONG', fallback: '60000', min: 0, synonym: 'log.segment.delete.delay.ms' },
  'flush.messages': { type: 'LONG', fallback: longMax, min: 1, synonym: 'log.flush.interval.messages' },
  'flush.ms': { type: 'LONG', fallback: longMax, min: 0 },
  'follower.replication.throttled.replicas': { type: 'LIST', fallback: '' },
  'index.interval.bytes': { type: 'INT', fallback: '4096', min: 0, synonym: 'log.index.interval.bytes' },
  'leader.replication.throttled.replicas': { type: 'LIST', fallback: '' },
  'local.retention.bytes': { type: 'LONG', fallback: '-2', min: -2, synonym: 'log.local.retention.bytes' },
  'local.retention.ms': { type: 'LONG', fallback: '-2', min: -2, synonym: 'log.local.retention.ms' },
  'max.compaction.lag.ms': { type: 'LONG', fallback: longMax, min: 1, synonym: 'log.cleaner.max.compaction.lag.ms' },
  'max.message.bytes': { type: 'INT', fallback: '1048588', min: 0, synonym: 'message.max.bytes' },
  'message.timestamp.after.max.ms': {
    type: 'LONG',
    fallback: '3600000',
    min: 0,
    synonym: 'log.message.timestamp.after.max.ms',
  },
  'message.timestamp.before.max.ms': {
    type: 'LONG',
    fallback: longMax,
    min: 0,
    synonym: 'log.message.timestamp.before.max.ms',
  },
  'message.timestamp.type': {
    type: 'STRING',
    fallback: 'CreateTime',
    values: ['CreateTime', 'LogAppendTime'],
    synonym: 'log.message.timestamp.type',
  },
  'min.cleanable.dirty.ratio': {
    type: 'DOUBLE',
    fallback: '0.5',
    min: 0,
    max: 1,
    synonym: 'log.cleaner.min.cleanable.ratio',
  },
  'min.compaction.lag.ms': { type: 'LONG', fallback: '0', min: 0, synonym: 'log.cleaner.min.compaction.lag.ms' },
  'min.insync.replicas': { type: 'INT', fallback: '1', min: 1, synonym: 'min.insync.replicas' },
  preallocate: { type: 'BOOLEAN', fallback: 'false', synonym: 'log.preallocate' },
  'remote.log.copy.disable': { type: 'BOOLEAN', fallback: 'false' },
  'remote.log.delete.on.disable': { type: 'BOOLEAN', fallback: 'false' },
  'remote.storage.enable': { type: 'BOOLEAN', fallback: 'false' },
  'retention.bytes': { type: 'LONG', fallback: '-1', synonym: 'log.retention.bytes' },
  'retention.ms': { type: 'LONG', fallback: '604800000', min: -1 },
  'segment.bytes': { type: 'INT', fallback: '1073741824', min: 1048576, synonym: 'log.segment.bytes' },
  'segment.index.bytes': { type: 'INT', fallback: '10485760', min: 4, synonym: 'log.index.size.max.bytes' },
  'segment.jitter.ms': { type: 'LONG', fallback: '0', min: 0 },
  'segment.ms': { type: 'LONG', fallback: '604800000', min: 1 },
  'unclean.leader.election.enable': {
    type: 'BOOLEAN',
    fallback: 'false',
    synonym: 'unclean.leader.election.enable',
  },
}
