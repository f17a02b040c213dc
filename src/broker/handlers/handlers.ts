import { alterConfigs } from './alter-configs.ts'
import { apiVersions } from './api-versions.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeAcls } from './describe-acls.ts'
import { describeCluster } from './describe-cluster.ts'
import { deleteRecords } from './delete-records.ts'
import { fetch } from './fetch.ts'
import { listOffsets } from './list-offsets.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import type { Handlers } from './handler.ts'
import { incrementalAlterConfigs } from './incremental-alter-configs.ts'
import { metadata } from './metadata.ts'

/** What the broker answers; nothing else is advertised. */
export const handlers: Handlers = {
  DeleteRecords: deleteRecords,
  Fetch: fetch,
  ListOffsets: listOffsets,
  OffsetForLeaderEpoch: offsetForLeaderEpoch,
  Produce: produce,
  AlterConfigs: alterConfigs,
  ApiVersions: apiVersions,
  CreatePartitions: createPartitions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DescribeAcls: describeAcls,
  DescribeCluster: describeCluster,
  DescribeConfigs: describeConfigs,
  DescribeLogDirs: describeLogDirs,
  IncrementalAlterConfigs: incrementalAlterConfigs,
  Metadata: metadata,
}
