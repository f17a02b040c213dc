/* The error codes of Kafka (its class Errors, 4.1), in our words. */

/** Code, whether the same request may succeed later (RetriableException of Kafka), and what happened. */
type Row = readonly [code: number, retriable: boolean, says: string]

const table = {
  UNKNOWN_SERVER_ERROR: [-1, false, 'the broker failed while it handled the request; its log says why'],
  NONE: [0, false, 'no error'],
  OFFSET_OUT_OF_RANGE: [1, false, 'the offset is outside the log'],
  CORRUPT_MESSAGE: [2, true, 'the batch failed its checksum, is too large, or has a null key in a compacted topic'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, 'the broker does not have this topic or partition'],
  INVALID_FETCH_SIZE: [4, false, 'the number of bytes to fetch is not allowed'],
  LEADER_NOT_AVAILABLE: [5, true, 'the partition has no leader at the moment'],
  NOT_LEADER_OR_FOLLOWER: [6, true, 'the broker is not, or no longer, the leader of the partition'],
  REQUEST_TIMED_OUT: [7, true, 'the request was not done in the time that it allowed'],
  BROKER_NOT_AVAILABLE: [8, false, 'the broker is not available'],
  REPLICA_NOT_AVAILABLE: [9, true, 'the replica is not available'],
  MESSAGE_TOO_LARGE: [10, false, 'the batch is larger than the topic allows (max.message.bytes)'],
  STALE_CONTROLLER_EPOCH: [11, false, 'the controller has moved to another broker'],
  OFFSET_METADATA_TOO_LARGE: [12, false, 'the metadata of a committed offset is too long'],
  NETWORK_EXCEPTION: [13, true, 'the connection broke before the answer came'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, 'the coordinator is still loading its state'],
  COORDINATOR_NOT_AVAILABLE: [15, true, 'there is no coordinator at the moment'],
  NOT_COORDINATOR: [16, true, 'the broker is not, or no longer, the coordinator'],
  INVALID_TOPIC_EXCEPTION: [17, false, 'the topic cannot be used: its name is not allowed, or it is internal'],
  RECORD_LIST_TOO_LARGE: [18, false, 'the batch is larger than a segment of the topic (segment.bytes)'],
  NOT_ENOUGH_REPLICAS: [19, true, 'too few replicas are in sync (min.insync.replicas)'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, true, 'the batch was written, but too few replicas are in sync'],
  INVALID_REQUIRED_ACKS: [21, false, 'acks is none of -1, 0 and 1'],
  ILLEGAL_GENERATION: [22, false, 'the generation of the group is over'],
  INCONSISTENT_GROUP_PROTOCOL: [23, false, 'the member and its group have no protocol in common'],
  INVALID_GROUP_ID: [24, false, 'the name of the group is not allowed'],
  UNKNOWN_MEMBER_ID: [25, false, 'the group does not know the member'],
  INVALID_SESSION_TIMEOUT: [26, false, 'the session timeout is outside what the broker allows'],
  REBALANCE_IN_PROGRESS: [27, false, 'the group is rebalancing: the member must rejoin'],
  INVALID_COMMIT_OFFSET_SIZE: [28, false, 'the offsets to be committed are too large'],
  TOPIC_AUTHORIZATION_FAILED: [29, false, 'not authorized for the topic'],
  GROUP_AUTHORIZATION_FAILED: [30, false, 'not authorized for the group'],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, 'not authorized for the cluster'],
  INVALID_TIMESTAMP: [32, false, 'the timestamp of a record is outside what the topic allows'],
  UNSUPPORTED_SASL_MECHANISM: [33, false, 'the broker does not offer this SASL mechanism'],
  ILLEGAL_SASL_STATE: [34, false, 'the request does not fit the state of the SASL authentication'],
  UNSUPPORTED_VERSION: [35, false, 'the broker does not know this version of the request'],
  TOPIC_ALREADY_EXISTS: [36, false, 'a topic of this name exists'],
  INVALID_PARTITIONS: [37, false, 'the number of partitions is not allowed'],
  INVALID_REPLICATION_FACTOR: [
    38,
    false,
    'the replication factor is not allowed, or larger than the number of brokers',
  ],
  INVALID_REPLICA_ASSIGNMENT: [39, false, 'the assignment of replicas is not allowed'],
  INVALID_CONFIG: [40, false, 'a config or its value is not allowed'],
  NOT_CONTROLLER: [41, true, 'the broker is not the controller'],
  INVALID_REQUEST: [42, false, 'the request contradicts itself, or the broker is not what the client takes it for'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false, 'the message format of the topic does not support the request'],
  POLICY_VIOLATION: [44, false, 'a policy of the broker forbids it'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, 'the batch does not follow the last one of its producer'],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, 'the batch was written before'],
  INVALID_PRODUCER_EPOCH: [47, false, 'a newer producer has taken over, or the transaction timed out'],
  INVALID_TXN_STATE: [48, false, 'the request does not fit the state of the transaction'],
  INVALID_PRODUCER_ID_MAPPING: [49, false, 'the producer id does not belong to the transactional id'],
  INVALID_TRANSACTION_TIMEOUT: [
    50,
    false,
    'the transaction timeout is longer than the broker allows (transaction.max.timeout.ms)',
  ],
  CONCURRENT_TRANSACTIONS: [51, true, 'the last transaction of this id has not ended yet'],
  TRANSACTION_COORDINATOR_FENCED: [52, false, 'a newer transaction coordinator has taken over'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, 'not authorized for the transactional id'],
  SECURITY_DISABLED: [54, false, 'the broker has no authorizer'],
  OPERATION_NOT_ATTEMPTED: [55, false, 'the broker did not try, because a part of the request failed'],
  KAFKA_STORAGE_ERROR: [56, true, 'the disk of the broker failed'],
  LOG_DIR_NOT_FOUND: [57, false, 'the broker has no such log folder'],
  SASL_AUTHENTICATION_FAILED: [58, false, 'the credentials were refused'],
  UNKNOWN_PRODUCER_ID: [59, false, 'the broker has forgotten the producer, whose records were deleted'],
  REASSIGNMENT_IN_PROGRESS: [60, false, 'the partition is being reassigned'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false, 'the broker has no delegation tokens'],
  DELEGATION_TOKEN_NOT_FOUND: [62, false, 'the broker does not know the delegation token'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, false, 'the delegation token belongs to somebody else'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, false, 'delegation tokens are not given out over this connection'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, false, 'not authorized for the delegation token'],
  DELEGATION_TOKEN_EXPIRED: [66, false, 'the delegation token has expired'],
  INVALID_PRINCIPAL_TYPE: [67, false, 'the type of the principal is not supported'],
  NON_EMPTY_GROUP: [68, false, 'the group has members'],
  GROUP_ID_NOT_FOUND: [69, false, 'there is no such group'],
  FETCH_SESSION_ID_NOT_FOUND: [70, true, 'the broker has forgotten the fetch session'],
  INVALID_FETCH_SESSION_EPOCH: [71, true, 'the fetch session is at another epoch'],
  LISTENER_NOT_FOUND: [72, true, 'the leader has no listener like the one that was asked'],
  TOPIC_DELETION_DISABLED: [73, false, 'the broker does not delete topics (delete.topic.enable)'],
  FENCED_LEADER_EPOCH: [74, true, "the client's leader epoch is older than the broker's"],
  UNKNOWN_LEADER_EPOCH: [75, true, "the client's leader epoch is newer than the broker's"],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false, 'the client cannot read the compression of the partition'],
  STALE_BROKER_EPOCH: [77, false, 'the broker has registered anew'],
  OFFSET_NOT_AVAILABLE: [78, true, 'the new leader does not know yet how far its followers are'],
  MEMBER_ID_REQUIRED: [79, false, 'the group wants the member to join again with the id that it gave'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, true, 'the preferred leader is not available'],
  GROUP_MAX_SIZE_REACHED: [81, false, 'the group has as many members as it may have'],
  FENCED_INSTANCE_ID: [82, false, 'another member with the same instance id has taken over'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, true, 'no replica may become leader'],
  ELECTION_NOT_NEEDED: [84, true, 'the partition has the leader that it should have'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, false, 'no reassignment is under way'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false, 'members of the group subscribe to the topic'],
  INVALID_RECORD: [87, false, 'the broker refused a record of the batch'],
  UNSTABLE_OFFSET_COMMIT: [88, true, 'a transaction with offsets of the group has not ended yet'],
  THROTTLING_QUOTA_EXCEEDED: [89, true, 'a quota is used up'],
  PRODUCER_FENCED: [90, false, 'a newer producer with the same transactional id has taken over'],
  RESOURCE_NOT_FOUND: [91, false, 'there is no such resource'],
  DUPLICATE_RESOURCE: [92, false, 'the request names a resource twice'],
  UNACCEPTABLE_CREDENTIAL: [93, false, 'the credential is not good enough'],
  INCONSISTENT_VOTER_SET: [94, false, 'the sender or the receiver is not among the voters'],
  INVALID_UPDATE_VERSION: [95, false, 'the version of the update is not allowed'],
  FEATURE_UPDATE_FAILED: [96, false, 'the features could not be updated'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, false, 'a broker could not read the forwarded principal'],
  SNAPSHOT_NOT_FOUND: [98, false, 'there is no such snapshot'],
  POSITION_OUT_OF_RANGE: [99, false, 'the position is outside the snapshot'],
  UNKNOWN_TOPIC_ID: [100, true, 'the broker does not have a topic of this id'],
  DUPLICATE_BROKER_REGISTRATION: [101, false, 'a broker of this id is running'],
  BROKER_ID_NOT_REGISTERED: [102, false, 'the broker is not registered'],
  INCONSISTENT_TOPIC_ID: [103, true, "the id of the topic is not the log's"],
  INCONSISTENT_CLUSTER_ID: [104, false, 'the request is meant for another cluster'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, false, 'there is no such transactional id'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true, 'the fetch session mixes topic ids and names'],
  INELIGIBLE_REPLICA: [107, false, 'a replica that is not eligible was to be in sync'],
  NEW_LEADER_ELECTED: [108, false, 'the partition has a new leader'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, false, 'the offset has moved to tiered storage'],
  FENCED_MEMBER_EPOCH: [110, false, "the member's epoch is over: it must give up its partitions and rejoin"],
  UNRELEASED_INSTANCE_ID: [111, false, 'another member still has the instance id'],
  UNSUPPORTED_ASSIGNOR: [112, false, 'the group does not support the assignor'],
  STALE_MEMBER_EPOCH: [113, false, "the member's epoch is not the current one"],
  MISMATCHED_ENDPOINT_TYPE: [114, false, 'the request went to a listener of the wrong kind'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false, 'this kind of listener is not supported'],
  UNKNOWN_CONTROLLER_ID: [116, false, 'there is no such controller'],
  UNKNOWN_SUBSCRIPTION_ID: [117, false, 'the telemetry subscription is unknown or out of date'],
  TELEMETRY_TOO_LARGE: [118, false, 'the telemetry is too large'],
  INVALID_REGISTRATION: [119, false, 'the registration was refused'],
  TRANSACTION_ABORTABLE: [120, false, 'the transaction failed; it can be aborted and the next one begun'],
  INVALID_RECORD_STATE: [121, false, 'the record is not in a state that can be acknowledged'],
  SHARE_SESSION_NOT_FOUND: [122, true, 'the broker has forgotten the share session'],
  INVALID_SHARE_SESSION_EPOCH: [123, true, 'the share session is at another epoch'],
  FENCED_STATE_EPOCH: [124, false, "the epoch of the share group's state is over"],
  INVALID_VOTER_KEY: [125, false, "the key is not the voter's"],
  DUPLICATE_VOTER: [126, false, 'the voter is one already'],
  VOTER_NOT_FOUND: [127, false, 'there is no such voter'],
  INVALID_REGULAR_EXPRESSION: [128, false, 'the regular expression cannot be read'],
  REBOOTSTRAP_REQUIRED: [
    129,
    false,
    'what the client knows of the cluster is out of date: it must start from its list of brokers',
  ],
  STREAMS_INVALID_TOPOLOGY: [130, false, 'the topology is not allowed'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, false, 'the epoch of the topology is not allowed'],
  STREAMS_TOPOLOGY_FENCED: [132, false, 'a newer topology has taken over'],
  SHARE_SESSION_LIMIT_REACHED: [133, true, 'the broker has as many share sessions as it may have'],
} as const

/** Kafka's name of an error. */
export type KafkaErrorName = keyof typeof table

/** The codes by Kafka's names. */
export const kafkaError: { readonly [N in KafkaErrorName]: (typeof table)[N][0] } = Object.fromEntries(
  Object.entries<Row>(table).map(([name, [code]]) => [name, code]),
) as { [N in KafkaErrorName]: (typeof table)[N][0] }

export interface KafkaErrorFacts {
  readonly code: number
  /** Of a code that is newer than the table: `ERROR_200`. */
  readonly name: string
  /** The same request may succeed later, perhaps after metadata or the coordinator were looked up again. */
  readonly retriable: boolean
  /** What happened; no full stop. */
  readonly says: string
}

const byCode: ReadonlyMap<number, KafkaErrorFacts> = new Map(
  Object.entries<Row>(table).map(([name, [code, retriable, says]]) => [code, { code, name, retriable, says }]),
)

/** What a code of an answer means; 0 is `NONE`. */
export function kafkaErrorOf(code: number): KafkaErrorFacts {
  const says = `the broker answered with error ${code}, which Millrace does not know`
  return byCode.get(code) ?? { code, name: `ERROR_${code}`, retriable: false, says }
}
