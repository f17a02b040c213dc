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
  readonly socket?: { readonly connecting: boolean; destroy(error?: Error): void }
  connect: () => Promise<unknown>
  rejectRequests(error: Error): void
}

export interface KafkaJsBroker {
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null
  readonly connectionPool: {
    readonly pool: readonly KafkaJsConnection[]
    isConnected(): boolean
    send(message: {
      readonly request: KafkaJsRequest
      readonly response: { decode(data: Buffer): Promise<unknown>; parse(data: unknown): Promise<unknown> }
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

interface ConnectionPool {
  readonly pool: readonly KafkaJsConnection[]
  getConnectionByRequest(): KafkaJsConnection
}

const Broker = require('kafkajs/src/broker') as new (options: object) => KafkaJsBroker
const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown
const loggers = require('kafkajs/src/loggers') as { createLogger(options: object): unknown; LEVELS: { WARN: number } }
const RequestQueue = require('kafkajs/src/network/requestQueue') as RequestQueueClass
const ConnectionPool = require('kafkajs/src/network/connectionPool') as new (options: object) => ConnectionPool

stopIdleSpin()

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

const silent: KafkaJsLogCreator = () => () => {}

/**
 * One broker over one connection, for one socket: a request never opens another (KafkaJS alone would, and would give fetches a
 * connection of their own). Once its socket is lost it is of no use any more, since a connection of KafkaJS's that connects again
 * - takes the first bytes from its new socket for the rest of an answer that the old one cut off: it never finds an answer again,
 *   or throws out of the socket's event, which ends the process (KafkaJS #715);
 * - obeys late events of the old socket: the end of that one ends the new one, its connecting counts for the new one's;
 * - keeps the broker's versions from before, which an upgrade has changed.
 * Nor is there a time-out on what its promises wait for when the connection ends meanwhile: whoever waits needs one of their own.
 */
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
    enforceRequestTimeout: false,
    maxInFlightRequests: null,
  })
  connectionPool.getConnectionByRequest = () => connectionPool.pool[0]!
  return new Broker({ connectionPool, logger, allowAutoTopicCreation: false })
}

export interface RawRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  /** All that comes after the client id. */
  readonly body: Buffer
}

/** Sends a request whose bytes are ours both ways; the answer comes without its correlation id. */
export async function sendRaw<T>(
  broker: KafkaJsBroker,
  { body, ...request }: RawRequest,
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
    logResponseError: false,
  })
  return (reply as { decoded: T }).decoded
}

/**
 * Ends the connection now. KafkaJS alone would wait for what is under way, which a JoinGroup can be for minutes, and then for the
 * broker to end it too, which one that hangs does not.
 */
export function closeBroker(broker: KafkaJsBroker, why: Error): void {
  for (const connection of broker.connectionPool.pool) {
    // A call of KafkaJS's that is on its way to open the socket would open it after this, for nobody.
    connection.connect = () => Promise.reject(why)
    connection.rejectRequests(why)
    // Only an error ends KafkaJS's timer for the connecting, which would keep the process alive.
    connection.socket?.destroy(connection.socket.connecting ? why : undefined)
  }
  // What is left to end are timers; whoever waited has been told.
  broker.disconnect().catch(() => {})
}
