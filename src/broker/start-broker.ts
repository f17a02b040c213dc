/* What users call: a broker in a worker thread, so that a busy topology cannot starve it, or in this one. */
import { mkdirSync, realpathSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { BrokerError } from '../core/errors.ts'
import type { Broker } from './broker.ts'
import type { BrokerControl } from './broker-control.ts'
import type { EmbeddedBroker } from './embedded-broker.ts'
import { openBroker } from './open-broker.ts'
import type { StartBrokerOptions } from './start-options.ts'
import { WorkerBroker } from './worker/worker-broker.ts'

/** A broker in this thread, which needs no network: its clients may call `connect`. */
export interface InProcessBroker extends EmbeddedBroker {
  /**
   * The client's end of a new connection. For KafkaJS:
   * `socketFactory: ({ onConnect }) => { const end = broker.connect(); setImmediate(onConnect); return end }`.
   */
  connect(): Duplex
}

/**
 * Starts an embedded Kafka broker, one node, for development and tests, and resolves when it can be connected to. It speaks
 * Kafka's protocol, so that any client can use it; `src/broker/NOT-DONE.md` says what is left out.
 *
 *     const broker = await startBroker({ topics: [{ name: 'orders', partitions: 4 }] })
 *     const app = createApp(topology, { brokers: broker.bootstrap })
 *     ...
 *     await broker.stop()
 *
 * `inProcess`: in this thread, and listening only if a port is given.
 *
 * @throws BrokerError `MILLRACE_BROKER_FAILED` when the port or the folder is in use by another, or an option cannot be used
 */
export function startBroker(options: StartBrokerOptions & { readonly inProcess: true }): Promise<InProcessBroker>
export function startBroker(options?: StartBrokerOptions & { readonly inProcess?: false }): Promise<EmbeddedBroker>
export async function startBroker({
  inProcess = false,
  ...options
}: StartBrokerOptions & { readonly inProcess?: boolean } = {}): Promise<EmbeddedBroker> {
  const folder = options.data === undefined ? undefined : holdFolder(options.data)
  try {
    return inProcess ? await startHere(options, folder) : await startThread(options, folder)
  } catch (error) {
    release(folder)
    throw error
  }
}

/**
 * Folders of this process's brokers. The lock in a folder names the process: it cannot tell a broker in another thread, which
 * lives, from one of a process before that had the same number.
 */
const held = new Set<string>()

function holdFolder(data: string): string {
  mkdirSync(data, { recursive: true })
  const folder = realpathSync(data)
  if (held.has(folder))
    throw failure(`${folder} is in use by a broker of this process; stop that one, or give this one another folder`)
  held.add(folder)
  return folder
}

function release(folder: string | undefined): void {
  if (folder !== undefined) held.delete(folder)
}

async function startThread(options: StartBrokerOptions, folder: string | undefined): Promise<EmbeddedBroker> {
  const worker = await WorkerBroker.start({ port: 0, ...options })
  return embedded(worker.address, (name, ...args) => worker.call(name, args), folder)
}

async function startHere(options: StartBrokerOptions, folder: string | undefined): Promise<InProcessBroker> {
  const broker = await asBrokerError(() => openBroker(options))
  return { ...embedded(broker.address, localCalls(broker), folder), connect: () => broker.connect() }
}

type Calls = <N extends keyof BrokerControl>(
  name: N,
  ...args: Parameters<BrokerControl[N]>
) => Promise<Awaited<ReturnType<BrokerControl[N]>>>

function localCalls({ control }: Broker): Calls {
  return (name, ...args) =>
    asBrokerError(async () => {
      const method = control[name] as (...args: unknown[]) => never
      return method.apply(control, args)
    })
}

function embedded({ host, port }: Broker['address'], call: Calls, folder: string | undefined): EmbeddedBroker {
  let stopped: Promise<void> | undefined
  return {
    bootstrap: `${host}:${port}`,
    host,
    port,
    faults: {
      inject: (fault) => call('inject', fault),
      clear: () => call('clearFaults'),
      dropConnections: (clientId) => call('dropConnections', clientId),
      moveLeader: (move) => call('moveLeader', move),
      truncate: (truncation) => call('truncate', truncation),
    },
    createTopic: (topic) => call('createTopic', topic),
    deleteTopic: (name) => call('deleteTopic', name),
    maintain: () => call('maintain'),
    stop: () => (stopped ??= call('close').finally(() => release(folder))),
  }
}

async function asBrokerError<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof BrokerError || !(error instanceof Error)) throw error
    throw failure(error.message, error)
  }
}

function failure(message: string, cause?: Error): BrokerError {
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false, cause })
}
