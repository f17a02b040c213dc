import { apiVersions } from './api-versions.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeCluster } from './describe-cluster.ts'
import type { Handlers } from './handler.ts'
import { metadata } from './metadata.ts'

/** What the broker answers; nothing else is advertised. */
export const handlers: Handlers = {
  ApiVersions: apiVersions,
  CreatePartitions: createPartitions,
  CreateTopics: createTopics,
  DeleteTopics: deleteTopics,
  DescribeCluster: describeCluster,
  Metadata: metadata,
}
