/** What a broker does where Kafka has a setting of the server for it. */
export interface BrokerConfig {
  /** Whether asking for a topic's metadata makes it, if the client wants that too. Kafka's default is true; here false, as a typo should be seen. */
  readonly autoCreateTopics: boolean
  /** Of topics that are created without a number. */
  readonly defaultPartitions: number
  /** How long the first member of an empty group waits for others. Kafka's default is 3000. */
  readonly groupInitialRebalanceDelayMs: number
  /** What a member may ask for; as Kafka's `group.min.session.timeout.ms`, 6000. */
  readonly groupSessionTimeoutMinMs: number
  /** As Kafka's `group.max.session.timeout.ms`, 1800000. */
  readonly groupSessionTimeoutMaxMs: number
  /** The longest that a transaction may stay open; Kafka's `transaction.max.timeout.ms`, 900000. */
  readonly transactionTimeoutMaxMs: number
  /** Connections on which nothing happens for so long are closed; Kafka's `connections.max.idle.ms`, 600000. */
  readonly connectionIdleMaxMs: number
  readonly limits: BrokerLimits
}

/** Everything that clients can make grow has a maximum. */
export interface BrokerLimits {
  /** Of a request; Kafka's socket.request.max.bytes. */
  readonly requestBytesMax: number
  /** Of a request of who has not authenticated yet; Kafka's sasl.server.max.receive.size. */
  readonly unauthenticatedRequestBytesMax: number
  /** Requests of a connection that wait for the one before them, together; beyond it nothing more is read. */
  readonly queuedBytesMax: number
  readonly connectionsMax: number
  readonly topicsMax: number
  /** Of all topics together. */
  readonly partitionsMax: number
  readonly groupsMax: number
  /** Kafka's group.max.size. */
  readonly groupMembersMax: number
  /** What may be said beside an offset, in characters; Kafka's offset.metadata.max.bytes. */
  readonly offsetMetadataMax: number
  readonly transactionalIdsMax: number
}

export const defaultBrokerConfig: BrokerConfig = {
  autoCreateTopics: false,
  defaultPartitions: 1,
  groupInitialRebalanceDelayMs: 0,
  groupSessionTimeoutMinMs: 6_000,
  groupSessionTimeoutMaxMs: 1_800_000,
  transactionTimeoutMaxMs: 900_000,
  connectionIdleMaxMs: 600_000,
  limits: {
    requestBytesMax: 100 * 1024 * 1024,
    unauthenticatedRequestBytesMax: 512 * 1024,
    queuedBytesMax: 1024 * 1024,
    connectionsMax: 10_000,
    topicsMax: 10_000,
    partitionsMax: 100_000,
    groupsMax: 100_000,
    groupMembersMax: 10_000,
    offsetMetadataMax: 4_096,
    transactionalIdsMax: 100_000,
  },
}
