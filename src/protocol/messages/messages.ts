import { addOffsetsToTxn } from './add-offsets-to-txn.ts'
import { addPartitionsToTxn } from './add-partitions-to-txn.ts'
import { alterConfigs } from './alter-configs.ts'
import { apiVersions } from './api-versions.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteRecords } from './delete-records.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeAcls } from './describe-acls.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeGroups } from './describe-groups.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { describeTransactions } from './describe-transactions.ts'
import { endTxn } from './end-txn.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { incrementalAlterConfigs } from './incremental-alter-configs.ts'
import { initProducerId } from './init-producer-id.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { listTransactions } from './list-transactions.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { saslAuthenticate } from './sasl-authenticate.ts'
import { saslHandshake } from './sasl-handshake.ts'
import { syncGroup } from './sync-group.ts'
import { txnOffsetCommit } from './txn-offset-commit.ts'
import type { Decoded, Encodable } from '../wire/message-table.ts'

/** The requests of Kafka that Millrace speaks, by Kafka's names of them. */
export interface Messages {
  readonly Produce: typeof produce
  readonly Fetch: typeof fetch
  readonly ListOffsets: typeof listOffsets
  readonly Metadata: typeof metadata
  readonly OffsetCommit: typeof offsetCommit
  readonly OffsetFetch: typeof offsetFetch
  readonly FindCoordinator: typeof findCoordinator
  readonly JoinGroup: typeof joinGroup
  readonly Heartbeat: typeof heartbeat
  readonly LeaveGroup: typeof leaveGroup
  readonly SyncGroup: typeof syncGroup
  readonly DescribeGroups: typeof describeGroups
  readonly ListGroups: typeof listGroups
  readonly SaslHandshake: typeof saslHandshake
  readonly ApiVersions: typeof apiVersions
  readonly CreateTopics: typeof createTopics
  readonly DeleteTopics: typeof deleteTopics
  readonly DeleteRecords: typeof deleteRecords
  readonly InitProducerId: typeof initProducerId
  readonly OffsetForLeaderEpoch: typeof offsetForLeaderEpoch
  readonly AddPartitionsToTxn: typeof addPartitionsToTxn
  readonly AddOffsetsToTxn: typeof addOffsetsToTxn
  readonly EndTxn: typeof endTxn
  readonly TxnOffsetCommit: typeof txnOffsetCommit
  readonly DescribeAcls: typeof describeAcls
  readonly DescribeConfigs: typeof describeConfigs
  readonly AlterConfigs: typeof alterConfigs
  readonly DescribeLogDirs: typeof describeLogDirs
  readonly SaslAuthenticate: typeof saslAuthenticate
  readonly CreatePartitions: typeof createPartitions
  readonly DeleteGroups: typeof deleteGroups
  readonly IncrementalAlterConfigs: typeof incrementalAlterConfigs
  readonly OffsetDelete: typeof offsetDelete
  readonly DescribeCluster: typeof describeCluster
  readonly DescribeProducers: typeof describeProducers
  readonly DescribeTransactions: typeof describeTransactions
  readonly ListTransactions: typeof listTransactions
}

export type ApiName = keyof Messages

export const messages: Messages = {
  Produce: produce,
  Fetch: fetch,
  ListOffsets: listOffsets,
  Metadata: metadata,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  SyncGroup: syncGroup,
  DescribeGroups: describeGroups,
  ListGroups: listGroups,
  SaslHandshake: saslHandshake,
  ApiVersions: apiVersions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DeleteRecords: deleteRecords,
  InitProducerId: initProducerId,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  AddPartitionsToTxn: addPartitionsToTxn,
  AddOffsetsToTxn: addOffsetsToTxn,
  EndTxn: endTxn,
  TxnOffsetCommit: txnOffsetCommit,
  DescribeAcls: describeAcls,
  DescribeConfigs: describeConfigs,
  AlterConfigs: alterConfigs,
  DescribeLogDirs: describeLogDirs,
  SaslAuthenticate: saslAuthenticate,
  CreatePartitions: createPartitions,
  DeleteGroups: deleteGroups,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  OffsetDelete: offsetDelete,
  DescribeCluster: describeCluster,
  DescribeProducers: describeProducers,
  DescribeTransactions: describeTransactions,
  ListTransactions: listTransactions,
}

const byKey: ReadonlyMap<number, ApiName> = new Map(
  (Object.keys(messages) as ApiName[]).map((api) => [messages[api].key, api]),
)

/** Undefined for what Millrace does not speak. */
export function apiOfKey(key: number): ApiName | undefined {
  return byKey.get(key)
}

/** The first and the last version, both included. */
export function supportedVersions(api: ApiName): readonly [number, number] {
  return messages[api].versions
}

/** What a decoder gives: every field, with its default in versions that do not have it. */
export type RequestOf<A extends ApiName> = Decoded<Messages[A]['request']>
export type ResponseOf<A extends ApiName> = Decoded<Messages[A]['response']>

/** What an encoder takes: fields with a default, or that some versions do not have, may be left out. */
export type NewRequest<A extends ApiName> = Encodable<Messages[A]['request']>
export type NewResponse<A extends ApiName> = Encodable<Messages[A]['response']>
