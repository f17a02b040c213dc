import { kafkaError } from '../../protocol/kafka-error.ts'
import { clusterOperations, unknownOperations } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

export const describeCluster: Handler<'DescribeCluster'> = (request, { broker }) => ({
  errorCode: kafkaError.NONE,
  clusterId: broker.clusterId,
  controllerId: broker.nodeId,
  brokers: [{ brokerId: broker.nodeId, ...broker.address() }],
  clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : unknownOperations,
})
