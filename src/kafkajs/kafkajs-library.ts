/*
 * All that Millrace touches of KafkaJS 2.2.4, in one place. We build on its Cluster and Broker (connections, TLS, SASL,
 * metadata, coordinator lookup, request codecs) and not on its Consumer and Producer, which cannot keep the port's promises:
 * no callback before a revocation, no heartbeat while nothing is fetched, a silent offset reset, no watermark from an
 * empty fetch, no CRC check, the order of headers lost. KafkaJS gets no more releases, and its version is pinned exactly,
 * so reaching into it is safe; a test fails when the pin moves.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export interface KafkaJsRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
}

export interface KafkaJsBroker {
  readonly nodeId: number
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null
  readonly connectionPool: {
    readonly pool: readonly { rejectRequests(error: Error): void }[]
    send(message: {
      readonly request: KafkaJsRequest
      readonly response: { decode(data: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> }
      readonly requestTimeout?: number
      readonly logResponseError?: boolean
    }): Promise<unknown>
  }
  metadata(topics: readonly string[]): Promise<KafkaJsMetadata>
  listOffsets(request: {
    readonly isolationLevel: number
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly { partition: number; timestamp: number }[]
    }[]
  }): Promise<{ readonly responses: readonly TopicOf<{ partition: number; offset: string }>[] }>
  joinGroup(request: object): Promise<JoinedGroup>
  syncGroup(request: object): Promise<{ readonly memberAssignment: Buffer }>
  heartbeat(request: object): Promise<unknown>
  leaveGroup(request: object): Promise<unknown>
  offsetCommit(request: object): Promise<unknown>
  offsetFetch(request: {
    readonly groupId: string
    readonly topics: readonly TopicOf<{ partition: number }>[]
  }): Promise<{ readonly responses: readonly TopicOf<{ partition: number; offset: string }>[] }>
  initProducerId(request: object): Promise<{ readonly producerId: string; readonly producerEpoch: number }>
  createTopics(request: object): Promise<unknown>
  deleteTopics(request: object): Promise<unknown>
  deleteRecords(request: object): Promise<unknown>
  describeConfigs(request: object): Promise<{
    readonly resources: readonly {
      readonly resourceName: string
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[]
    }[]
  }>
}

interface TopicOf<P> {
  readonly topic: string
  readonly partitions: readonly P[]
}

export interface JoinedGroup {
  readonly generationId: number
  readonly leaderId: string
  readonly memberId: string
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
}

export interface KafkaJsMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[]
  }[]
}

export interface KafkaJsCluster {
  /** Topics whose metadata is refreshed. One that was deleted must go, or every refresh fails. */
  readonly targetTopics: Set<string>
  readonly brokerPool: {
    readonly metadata: KafkaJsMetadata | null
    readonly brokers: Readonly<Record<string, KafkaJsBroker>>
    readonly seedBroker: KafkaJsBroker | undefined
  }
  connect(): Promise<void>
  disconnect(): Promise<void>
  refreshMetadata(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  findBroker(options: { readonly nodeId: number | string }): Promise<KafkaJsBroker>
  findControllerBroker(): Promise<KafkaJsBroker>
  findGroupCoordinator(options: { readonly groupId: string }): Promise<KafkaJsBroker>
  getNodeIds(): string[]
}

export type KafkaJsLogCreator = (
  level: number,
) => (entry: {
  readonly namespace: string
  readonly level: number
  readonly label: string
  readonly log: Readonly<Record<string, unknown>> & { readonly message: string }
}) => void

export interface ClusterOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly connectionTimeoutMs: number
  readonly ssl?: unknown
  readonly sasl?: unknown
  readonly logCreator?: KafkaJsLogCreator | undefined
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
}

interface RequestQueueClass {
  readonly prototype: { scheduleCheckPendingRequests(this: RequestQueue): void; millracePatched?: boolean }
}

interface Connection {
  isConnected(): boolean
  connect(): Promise<unknown>
}

interface ConnectionPoolClass {
  readonly prototype: {
    getConnection(this: { pool: readonly Connection[] }, index?: number): Promise<Connection>
    millracePatched?: boolean
  }
}

const Cluster = require('kafkajs/src/cluster') as new (options: object) => KafkaJsCluster
const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown
const loggers = require('kafkajs/src/loggers') as { createLogger(options: object): unknown; LEVELS: { WARN: number } }
const RequestQueue = require('kafkajs/src/network/requestQueue') as RequestQueueClass
const ConnectionPool = require('kafkajs/src/network/connectionPool') as ConnectionPoolClass
const compression = require('kafkajs/src/protocol/message/compression') as {
  Codecs: Record<
    number,
    () => { compress(encoder: { buffer: Buffer }): Promise<Buffer>; decompress(data: Buffer): Promise<Buffer> }
  >
}
const protocolErrors = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error & { type: string }
}

export const kafkaJsCodecs: typeof compression.Codecs = compression.Codecs
export const errorFromCode: (code: number) => Error & { type: string } = protocolErrors.createErrorFromCode

stopIdleSpin()
shareConnects()

/**
 * KafkaJS re-arms the timer that checks for throttled requests also when nothing is waiting, with a delay in the past: an
 * idle connection then wakes a thousand times a second (KafkaJS #1751). It is needed only while a request waits.
 */
function stopIdleSpin(): void {
  const { prototype } = RequestQueue
  if (prototype.millracePatched === true) return
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this)
  }
  prototype.millracePatched = true
}

/**
 * KafkaJS opens a socket for every request that finds its connection closed, and keeps only the last: after an outage, a
 * heartbeat, a commit and a metadata request leave two sockets behind. They share one here.
 */
function shareConnects(): void {
  const { prototype } = ConnectionPool
  if (prototype.millracePatched === true) return
  const underWay = new WeakMap<Connection, Promise<unknown>>()
  prototype.getConnection = async function (this: { pool: readonly Connection[] }, index = 0) {
    const connection = this.pool[index]!
    if (connection.isConnected()) return connection
    let connecting = underWay.get(connection)
    if (connecting === undefined) {
      connecting = connection.connect().finally(() => underWay.delete(connection))
      underWay.set(connection, connecting)
    }
    await connecting
    return connection
  }
  prototype.millracePatched = true
}

const silent: KafkaJsLogCreator = () => () => {}

/** Connections and metadata of their own. Retries inside are few and quick: ours, with the port's clock, stand around them. */
export function createCluster(options: ClusterOptions): KafkaJsCluster {
  return new Cluster({
    logger: loggers.createLogger({ level: loggers.LEVELS.WARN, logCreator: options.logCreator ?? silent }),
    socketFactory: socketFactory(),
    brokers: [...options.brokers],
    ssl: options.ssl,
    sasl: options.sasl,
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    retry: { retries: Math.max(2, options.brokers.length), initialRetryTime: 50, maxRetryTime: 500 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
  })
}

/** Sends a request whose bytes are ours both ways. */
export async function sendRaw<T>(
  broker: KafkaJsBroker,
  request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; readonly body: Buffer },
  decode: (data: Buffer) => T,
): Promise<T> {
  const { apiKey, apiVersion, apiName, body } = request
  const reply = await broker.connectionPool.send({
    request: { apiKey, apiVersion, apiName, encode: async () => ({ buf: body, buffer: body }) },
    response: {
      decode: async (data) => ({ clientSideThrottleTime: 0, decoded: decode(data) }),
      parse: async (data) => data,
    },
    logResponseError: false,
  })
  return (reply as { decoded: T }).decoded
}

/** Ends all connections now. KafkaJS alone would wait for what is under way, which a JoinGroup can be for minutes. */
export async function closeCluster(cluster: KafkaJsCluster): Promise<void> {
  const { brokers, seedBroker } = cluster.brokerPool
  for (const broker of [...Object.values(brokers), seedBroker]) {
    for (const connection of broker?.connectionPool.pool ?? [])
      connection.rejectRequests(new Error('the client was closed'))
  }
  await cluster.disconnect()
}
