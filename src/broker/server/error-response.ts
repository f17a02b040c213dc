import type { ApiName, NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import { messages } from '../../protocol/messages/messages.ts'
import type { MessageTable } from '../../protocol/wire/message-table.ts'
import { withDefaults, type Sparse } from './with-defaults.ts'

/** Codes of things that were asked for, for responses whose code is not one for all. What is left out is filled in. */
const within: { readonly [A in ApiName]?: (request: RequestOf<A>, errorCode: number) => Sparse } = {
  Produce: ({ topicData }, errorCode) => ({
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
    })),
  }),
  // A client takes a code for all for one of fetch sessions.
  Fetch: ({ topics }, errorCode) => ({
    errorCode: 0,
    responses: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, errorCode, highWatermark: -1 })),
    })),
  }),
  ListOffsets: ({ topics }, errorCode) => ({ topics: topics.map(indexed(errorCode)) }),
  Metadata: ({ topics }, errorCode) => ({ topics: topics?.map(({ name }) => ({ name, errorCode })) ?? [] }),
  OffsetCommit: ({ topics }, errorCode) => ({ topics: topics.map(indexed(errorCode)) }),
  TxnOffsetCommit: ({ topics }, errorCode) => ({ topics: topics.map(indexed(errorCode)) }),
  OffsetFetch: ({ topics, groups }, errorCode) => ({
    topics: topics?.map((topic) => uncommitted(topic, errorCode)) ?? [],
    groups: groups.map(({ groupId }) => ({ groupId, errorCode })),
  }),
  FindCoordinator: ({ coordinatorKeys }, errorCode) =>
    coordinatorKeys.length === 0
      ? { nodeId: -1, port: -1 }
      : { errorCode: 0, coordinators: coordinatorKeys.map((key) => ({ key, nodeId: -1, port: -1, errorCode })) },
  JoinGroup: ({ memberId }) => ({ generationId: -1, memberId }),
  InitProducerId: () => ({ producerId: -1, producerEpoch: -1 }),
  DescribeGroups: ({ groups }, errorCode) => ({ groups: groups.map((groupId) => ({ groupId, errorCode })) }),
  DeleteGroups: ({ groupsNames }, errorCode) => ({ results: groupsNames.map((groupId) => ({ groupId, errorCode })) }),
  CreateTopics: ({ topics }, errorCode) => ({ topics: topics.map(({ name }) => ({ name, errorCode, configs: null })) }),
  DeleteTopics: ({ topicNames }, errorCode) => ({ responses: topicNames.map((name) => ({ name, errorCode })) }),
  CreatePartitions: ({ topics }, errorCode) => ({ results: topics.map(({ name }) => ({ name, errorCode })) }),
  DeleteRecords: ({ topics }, errorCode) => ({ topics: topics.map(indexed(errorCode, { lowWatermark: -1 })) }),
  OffsetForLeaderEpoch: ({ topics }, errorCode) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  }),
  AddPartitionsToTxn: ({ topics }, partitionErrorCode) => ({
    resultsByTopic: topics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode })),
    })),
  }),
  DescribeConfigs: ({ resources }, errorCode) => ({
    results: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, errorCode })),
  }),
  AlterConfigs: ({ resources }, errorCode) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, errorCode })),
  }),
  IncrementalAlterConfigs: ({ resources }, errorCode) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, errorCode })),
  }),
  DescribeProducers: ({ topics }, errorCode) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
    })),
  }),
  DescribeTransactions: ({ transactionalIds }, errorCode) => ({
    transactionStates: transactionalIds.map((transactionalId) => ({ transactionalId, errorCode })),
  }),
}

interface Indexed {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

function indexed(errorCode: number, more: Sparse = {}): (topic: Indexed) => Sparse {
  return ({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ ...more, partitionIndex, errorCode })),
  })
}

function uncommitted(
  { name, partitionIndexes }: { readonly name: string; readonly partitionIndexes: readonly number[] },
  errorCode: number,
): Sparse {
  const partitions = partitionIndexes.map((partitionIndex) => ({ partitionIndex, committedOffset: -1, errorCode }))
  return { name, partitions }
}

/** The response that says nothing but an error, as Kafka's getErrorResponse makes it. */
export function errorResponse(
  { api, body }: { readonly api: ApiName; readonly body: object },
  errorCode: number,
): NewResponse<ApiName> {
  const table: MessageTable = messages[api]
  const codes = within[api] as ((request: object, errorCode: number) => Sparse) | undefined
  return withDefaults(table.response, { errorCode, ...codes?.(body, errorCode) }) as unknown as NewResponse<ApiName>
}
