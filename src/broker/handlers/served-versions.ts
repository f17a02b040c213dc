import type { ApiName } from '../../protocol/messages/messages.ts'

type Versions = readonly [number, number]

/**
 * The versions that are served, both included: fewer than `protocol/` knows. What a higher one would promise is not there:
 * topic ids (Metadata 10, Fetch 13, DeleteTopics 6), transactions of version 2 (Produce 12, EndTxn 5), the consumer group
 * protocol of KIP-848. NOT-DONE.md has it per request.
 */
export const servedVersions: Readonly<Record<ApiName, Versions>> = {
  Produce: [3, 9],
  Fetch: [4, 12],
  ListOffsets: [1, 7],
  Metadata: [0, 9],
  OffsetCommit: [2, 8],
  OffsetFetch: [1, 8],
  FindCoordinator: [0, 4],
  JoinGroup: [0, 7],
  Heartbeat: [0, 4],
  LeaveGroup: [0, 4],
  SyncGroup: [0, 5],
  DescribeGroups: [0, 6],
  ListGroups: [0, 5],
  SaslHandshake: [0, 1],
  ApiVersions: [0, 3],
  CreateTopics: [2, 6],
  DeleteTopics: [1, 5],
  DeleteRecords: [0, 2],
  InitProducerId: [0, 4],
  OffsetForLeaderEpoch: [2, 4],
  // From 0: librdkafka up to 2.15 speaks nothing else.
  AddPartitionsToTxn: [0, 3],
  AddOffsetsToTxn: [0, 3],
  EndTxn: [0, 3],
  TxnOffsetCommit: [0, 3],
  DescribeAcls: [1, 3],
  DescribeConfigs: [1, 4],
  AlterConfigs: [0, 2],
  DescribeLogDirs: [1, 4],
  SaslAuthenticate: [0, 2],
  CreatePartitions: [0, 3],
  DeleteGroups: [0, 2],
  IncrementalAlterConfigs: [0, 1],
  OffsetDelete: [0, 0],
  DescribeCluster: [0, 0],
  DescribeProducers: [0, 0],
  DescribeTransactions: [0, 0],
  ListTransactions: [0, 1],
}

/**
 * What ApiVersions says. Produce from 0, as Kafka does although it refuses 0 to 2: librdkafka would otherwise store batches
 * uncompressed in silence (KAFKA-18659).
 */
export function advertisedVersions(api: ApiName): Versions {
  const [first, last] = servedVersions[api]
  return api === 'Produce' ? [0, last] : [first, last]
}

export function isServed(api: ApiName, version: number): boolean {
  const [first, last] = servedVersions[api]
  return version >= first && version <= last
}
