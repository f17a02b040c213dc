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
}
