import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Handler } from './handler.ts'

/** 0: of a group; 1: of a transactional id. */
const keyTypeMax = 1

/** Several in one request (KIP-699). */
const batchedVersion = 4
const nobody = { nodeId: -1, host: '', port: -1 }

/** This node, for everyone. */
export const findCoordinator: Handler<'FindCoordinator'> = ({ keyType, coordinatorKeys }, context) => {
  const { broker, apiVersion } = context
  const known = keyType >= 0 && keyType <= keyTypeMax
  const coordinator = known
    ? { errorCode: kafkaError.NONE, errorMessage: null, nodeId: broker.nodeId, ...broker.address() }
    : { errorCode: kafkaError.INVALID_REQUEST, errorMessage: 'no such type of coordinator', ...nobody }
  if (apiVersion < batchedVersion) return coordinator
  return { coordinators: coordinatorKeys.map((key) => ({ key, ...coordinator })) }
}
