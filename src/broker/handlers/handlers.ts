import { apiVersions } from './api-versions.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeCluster } from './describe-cluster.ts'
import { deleteRecords } from './delete-records.ts'
import { fetch } from './fetch.ts'
import { listOffsets } from './list-offsets.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { findCoordinator } from './find-coordinator.ts'
import { joinGroup } from './join-group.ts'
import { syncGroup } from './sync-group.ts'
import { heartbeat } from './heartbeat.ts'
import { leaveGroup } from './leave-group.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetFetch } from './offset-fetch.ts'
import { deleteGroups } from './delete-groups.ts'
import { describeGroups } from './describe-groups.ts'
import { listGroups } from './list-groups.ts'
import { offsetDelete } from './offset-delete.ts'
import { addOffsetsToTxn } from './add-offsets-to-txn.ts'
import { addPartitionsToTxn } from './add-partitions-to-txn.ts'
import { describeProducers } from './describe-producers.ts'
import { describeTransactions } from './describe-transactions.ts'
import { endTxn } from './end-txn.ts'
import { initProducerId } from './init-producer-id.ts'
import { listTransactions } from './list-transactions.ts'
import { txnOffsetCommit } from './txn-offset-commit.ts'
import type { Handlers } from './handler.ts'
import { metadata } from './metadata.ts'

/** What the broker answers; nothing else is advertised. */
export const handlers: Handlers = {
  DeleteRecords: deleteRecords,
  Fetch: fetch,
  ListOffsets: listOffsets,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  Produce: produce,
  ApiVersions: apiVersions,
  CreatePartitions: createPartitions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DescribeCluster: describeCluster,
  Metadata: metadata,
  FindCoordinator: findCoordinator,
  DeleteGroups: deleteGroups,
  DescribeGroups: describeGroups,
  ListGroups: listGroups,
  OffsetDelete: offsetDelete,
  JoinGroup: joinGroup,
  SyncGroup: syncGroup,
  Heartbeat: heartbeat,
  LeaveGroup: leaveGroup,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  AddOffsetsToTxn: addOffsetsToTxn,
  AddPartitionsToTxn: addPartitionsToTxn,
  DescribeProducers: describeProducers,
  DescribeTransactions: describeTransactions,
  EndTxn: endTxn,
  InitProducerId: initProducerId,
  ListTransactions: listTransactions,
  TxnOffsetCommit: txnOffsetCommit,
}
