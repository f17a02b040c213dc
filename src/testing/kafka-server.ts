/* A real Apache Kafka in a child process: one KRaft node, on this machine only, for tests and for trying things out. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sleep } from '../core/clock.ts'
import { BrokerError } from '../core/errors.ts'
import { systemClock } from '../core/system-clock.ts'
import { kafkaJars, kafkaVersion, runTool, toolError } from './kafka-jars.ts'

export interface KafkaServerOptions {
  /** Where the jars are kept between runs. Default: `.cache/kafka-<version>` in the working folder. */
  readonly cacheDir?: string
  /** Where the broker keeps its data. Default: a new temporary folder that is deleted at the end. One that is given is kept. */
  readonly dataDir?: string
  /** Default: a free one. */
  readonly port?: number
  /** Partitions of a topic that is created without a count. Default 1. */
  readonly partitions?: number
  /** More lines of `server.properties`; they win over ours. */
  readonly properties?: Readonly<Record<string, string>>
  /** Listeners beside the plain one, by name, on free ports. What they need (certificates, logins) goes into `properties`. */
  readonly listeners?: Readonly<Record<string, 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'>>
  /** More options of the Java machine. */
  readonly jvmOptions?: readonly string[]
  readonly startTimeoutMs?: number
}

export interface KafkaServer {
  /** `host:port` */
  readonly bootstrap: string
  /** `host:port` of the listeners that were asked for, by name. */
  readonly listeners: Readonly<Record<string, string>>
  readonly port: number
  readonly pid: number
  readonly dataDir: string
  /** The folder with Kafka's jars, for running its tools. */
  readonly libsDir: string
  /** Stops it and deletes a temporary data folder. `force` kills it as a crash would; the folder is deleted as well. */
  stop(options?: { readonly force?: boolean }): Promise<void>
}

/**
 * Starts a broker and resolves when it serves requests. It ends with this process, also when that one is killed.
 *
 * @throws BrokerError `MILLRACE_BROKER_FAILED` when Java or Maven is missing or the broker does not come up
 */
export async function startKafka(options: KafkaServerOptions = {}): Promise<KafkaServer> {
  const libsDir = await kafkaJars(resolve(options.cacheDir ?? join('.cache', `kafka-${kafkaVersion}`)))
  const temporary = options.dataDir === undefined
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'millrace-kafka-')))
  const names = Object.keys(options.listeners ?? {})
  const [freePort, controllerPort, ...others] = await freePorts(2 + names.length)
  const port = options.port ?? freePort!
  const listeners = Object.fromEntries(names.map((name, i) => [name, `127.0.0.1:${others[i]}`]))
  const settings = { ...properties(dataDir, port, controllerPort!, listeners), ...protocols(options) }
  await format({ libsDir, dataDir, properties: { ...settings, ...options.properties } })
  const broker = launch(libsDir, dataDir, { temporary, jvmOptions: options.jvmOptions ?? [] })
  try {
    await started(broker, dataDir, options.startTimeoutMs ?? 90_000)
  } catch (error) {
    await broker.end('SIGKILL')
    throw error
  }
  return {
    bootstrap: `127.0.0.1:${port}`,
    listeners,
    port,
    pid: broker.pid,
    dataDir,
    libsDir,
    stop: ({ force = false } = {}) => broker.end(force ? 'SIGKILL' : 'SIGTERM'),
  }
}

function properties(
  dataDir: string,
  port: number,
  controllerPort: number,
  others: Readonly<Record<string, string>>,
): Record<string, string> {
  const brokerListeners = Object.entries({ PLAINTEXT: `127.0.0.1:${port}`, ...others })
    .map(([name, address]) => `${name}://${address}`)
    .join(',')
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `${brokerListeners},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': brokerListeners,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dataDir, 'logs'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
  }
}

function protocols({ listeners = {}, partitions = 1 }: KafkaServerOptions): Record<string, string> {
  const all = Object.entries({ PLAINTEXT: 'PLAINTEXT', CONTROLLER: 'PLAINTEXT', ...listeners })
  return {
    'listener.security.protocol.map': all.map(([name, protocol]) => `${name}:${protocol}`).join(','),
    'num.partitions': String(partitions),
  }
}

interface StorageFormat {
  readonly libsDir: string
  readonly dataDir: string
  readonly properties: Readonly<Record<string, string>>
}

/** A folder that was formatted before keeps its cluster id: this is what makes a restart on the same data possible. */
async function format({ libsDir, dataDir, properties }: StorageFormat): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const file = join(dataDir, 'server.properties')
  await writeFile(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const tool = ['-cp', join(libsDir, '*'), 'kafka.tools.StorageTool', 'format', '--ignore-formatted']
  await runTool('java', [...tool, '-t', 'MillraceTestClusterAAA', '-c', file], 60_000)
}

interface RunningBroker {
  readonly pid: number
  readonly exited: Promise<void>
  isRunning(): boolean
  end(signal: NodeJS.Signals): Promise<void>
}

const usualJvmOptions = [
  '-Xmx1g',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]

/**
 * Kills the broker when its input ends without a word, which is what happens when this process dies in any way: the
 * kernel closes the pipe. Waits for the broker to be gone before it deletes a temporary folder.
 */
const watcher = `read -r word && exit 0
kill -9 "$1"; i=0
while kill -0 "$1" 2>/dev/null && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done
[ -z "$2" ] || rm -rf "$2"`

interface LaunchOptions {
  readonly temporary: boolean
  readonly jvmOptions: readonly string[]
}

function launch(libsDir: string, dataDir: string, { temporary, jvmOptions }: LaunchOptions): RunningBroker {
  const log = openSync(join(dataDir, 'server.log'), 'w')
  const args = [
    ...usualJvmOptions,
    ...jvmOptions,
    '-cp',
    join(libsDir, '*'),
    'kafka.Kafka',
    join(dataDir, 'server.properties'),
  ]
  // Detached: Ctrl-C in a terminal reaches this process, which then stops the broker in order.
  const java = spawn('java', args, { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  const pid = java.pid
  if (pid === undefined) throw toolError('java', args, Object.assign(new Error('not found'), { code: 'ENOENT' }))
  const watcherArgs = ['-c', watcher, 'watcher', String(pid), temporary ? dataDir : '']
  const guard = spawn('sh', watcherArgs, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = new Promise<void>((resolve) => java.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await terminate(java, exited, signal)
    guard.stdin?.end('done\n')
    if (temporary) await rm(dataDir, { recursive: true, force: true })
  }
  return { pid, exited, isRunning: () => java.exitCode === null && java.signalCode === null, end }
}

async function terminate(java: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (java.exitCode !== null || java.signalCode !== null) return
  java.kill(signal)
  const patience = systemClock.setTimer(20_000, () => java.kill('SIGKILL'))
  await exited
  patience.cancel()
}

async function started(broker: RunningBroker, dataDir: string, timeoutMs: number): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs
  for (;;) {
    const log = await readFile(join(dataDir, 'server.log'), 'utf8')
    if (log.includes('Kafka Server started')) return
    const why = broker.isRunning() ? `did not come up within ${timeoutMs} ms` : 'ended while it started'
    if (!broker.isRunning() || systemClock.monotonic() > deadline) {
      throw new BrokerError('MILLRACE_BROKER_FAILED', `Kafka ${why}. Its log ends with:\n${log.slice(-2000)}`, {
        retriable: false,
      })
    }
    await sleep(systemClock, 50)
  }
}

/** All at once, so that they differ. Another process may still take one before the broker binds it: starting then fails. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
