/*
 * All that Millrace touches of KafkaJS 2.2.4, in one place. We build on its connections to brokers (TLS, SASL) and on nothing
 * above them: its Consumer and Producer cannot keep the port's promises, and its requests are older than ours. KafkaJS gets no
 * more releases, and its version is pinned exactly, so reaching into it is safe; a test fails when the pin moves.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

interface KafkaJsRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
}

interface KafkaJsConnection {
  rejectRequests(error: Error): void
}

export interface KafkaJsBroker {
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null
  readonly connectionPool: {
    readonly pool: readonly KafkaJsConnection[]
    send(message: {
      readonly request: KafkaJsRequest
      readonly response: { decode(data: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> }
      readonly requestTimeout: number
      readonly logResponseError: boolean
    }): Promise<unknown>
  }
  /** With the versions of the broker, and authenticated. */
  connect(): Promise<void>
  isConnected(): boolean
  disconnect(): Promise<void>
}

export type KafkaJsLogCreator = (
  level: number,
) => (entry: {
  readonly namespace: string
  readonly level: number
  readonly label: string
  readonly log: Readonly<Record<string, unknown>> & { readonly message: string }
}) => void

export interface BrokerOptions {
  readonly host: string
  readonly port: number
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

interface ConnectionPool {
  getConnection(index: number): Promise<Connection>
  getConnectionByRequest(): Promise<Connection>
}

interface ConnectionPoolClass {
  new (options: object): ConnectionPool
  readonly prototype: {
    getConnection(this: { pool: readonly Connection[] }, index?: number): Promise<Connection>
    millracePatched?: boolean
  }
}

const Broker = require('kafkajs/src/broker') as new (options: object) => KafkaJsBroker
const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown
const loggers = require('kafkajs/src/loggers') as { createLogger(options: object): unknown; LEVELS: { WARN: number } }
const RequestQueue = require('kafkajs/src/network/requestQueue') as RequestQueueClass
const ConnectionPool = require('kafkajs/src/network/connectionPool') as ConnectionPoolClass

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

/** One broker over one connection; KafkaJS alone would give fetches another one. */
export function createBroker(options: BrokerOptions): KafkaJsBroker {
  const logger = loggers.createLogger({ level: loggers.LEVELS.WARN, logCreator: options.logCreator ?? silent })
  const connectionPool = new ConnectionPool({
    logger,
    socketFactory: socketFactory(),
    host: options.host,
    port: options.port,
    ssl: options.ssl,
    sasl: options.sasl,
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
  })
  connectionPool.getConnectionByRequest = () => connectionPool.getConnection(0)
  return new Broker({ connectionPool, logger, allowAutoTopicCreation: false })
}

export interface RawRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  /** All that comes after the client id. */
  readonly body: Buffer
  readonly timeoutMs: number
}

/** Sends a request whose bytes are ours both ways; the answer comes without its correlation id. */
export async function sendRaw<T>(
  broker: KafkaJsBroker,
  { body, timeoutMs, ...request }: RawRequest,
  decode: (data: Buffer) => { readonly decoded: T; readonly throttleTimeMs: number },
): Promise<T> {
  const reply = await broker.connectionPool.send({
    request: { ...request, encode: async () => ({ buf: body, buffer: body }) },
    response: {
      decode: async (data) => {
        const { decoded, throttleTimeMs } = decode(data)
        return { clientSideThrottleTime: throttleTimeMs, decoded }
      },
      parse: async (data) => data,
    },
    requestTimeout: timeoutMs,
    logResponseError: false,
  })
  return (reply as { decoded: T }).decoded
}

/** Ends the connection now. KafkaJS alone would wait for what is under way, which a JoinGroup can be for minutes. */
export async function closeBroker(broker: KafkaJsBroker, why: Error): Promise<void> {
  for (const connection of broker.connectionPool.pool) connection.rejectRequests(why)
  await broker.disconnect()
}
