/* The broker in this process: its state, and a front for any number of connections. `start-broker.ts` is what users call. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { defaultBrokerConfig, type BrokerConfig } from './broker-config.ts'
import { BrokerControl } from './broker-control.ts'
import { createBrokerState, type BrokerAddress, type BrokerState } from './broker-state.ts'
import type { Handlers } from './handlers/handler.ts'
import { handlers } from './handlers/handlers.ts'
import { MemoryStorage } from './log/memory-storage.ts'
import type { Storage } from './log/storage.ts'
import { Maintenance } from './maintenance.ts'
import { Connection } from './server/connection.ts'
import { MemoryEnd } from './server/memory-pair.ts'
import type { SaslOptions } from './server/sasl/sasl-options.ts'
import { SaslServer } from './server/sasl/sasl-server.ts'
import { TcpListener } from './server/tcp-listener.ts'
import type { TlsOptions } from './start-options.ts'

export interface BrokerOptions {
  readonly clock: Clock
  readonly random: Random
  /** Default: in memory. */
  readonly storage?: Storage
  readonly config?: Partial<BrokerConfig>
  /** Clients have to say who they are. */
  readonly sasl?: SaslOptions
  /** Instead of the usual ones, for tests of the front. */
  readonly handlers?: Handlers
}

export interface ListenOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly tls?: TlsOptions
}

/** Where clients without a network are told to connect. */
const inProcessAddress: BrokerAddress = { host: 'in-process', port: 9092 }

export class Broker {
  readonly state: BrokerState
  readonly control: BrokerControl = new BrokerControl(this)
  readonly #connections = new Set<Connection>()
  readonly #sasl: SaslServer | undefined
  #address = inProcessAddress
  #listener: TcpListener | undefined
  #maintenance: Maintenance | undefined
  #connectionId = 0

  constructor({ storage = new MemoryStorage(), config, handlers: own = handlers, clock, random, sasl }: BrokerOptions) {
    this.#sasl = sasl === undefined ? undefined : new SaslServer({ ...sasl, clock, random })
    this.state = createBrokerState({
      clock,
      random,
      storage,
      handlers: own,
      config: { ...defaultBrokerConfig, ...config },
      address: () => this.#address,
    })
  }

  get address(): BrokerAddress {
    return this.#address
  }

  /** @throws BrokerError when the port cannot be had */
  async listen({ host, port, tls }: ListenOptions): Promise<void> {
    this.#listener = await TcpListener.open({
      host,
      port,
      tls,
      onSocket: (socket) => this.#accept(socket, socket.remoteAddress ?? 'unknown'),
    })
    this.#address = { host, port: this.#listener.port }
  }

  /** From now on old records go, compacted topics are compacted, and idle connections are closed. */
  startMaintenance(): void {
    this.#maintenance ??= new Maintenance(this.state, () => this.#closeIdle())
  }

  /** All of it now. */
  async maintain(): Promise<void> {
    this.startMaintenance()
    this.#maintenance!.enforceRetention()
    await this.#maintenance!.compact()
  }

  /** A client's end of a connection without a network. */
  connect(): MemoryEnd {
    const [client, server] = MemoryEnd.pair()
    this.#accept(server, server.remoteAddress)
    return client
  }

  #accept(stream: Duplex, host: string): void {
    if (this.#connections.size >= this.state.config.limits.connectionsMax) return void stream.destroy()
    const connection = new Connection(stream, {
      broker: this.state,
      connectionId: ++this.#connectionId,
      clientHost: `/${host}`,
      sasl: this.#sasl,
    })
    this.#connections.add(connection)
    stream.once('close', () => this.#connections.delete(connection))
  }

  #closeIdle(): void {
    const { connectionIdleMaxMs } = this.state.config
    for (const connection of this.#connections) if (connection.idleMs >= connectionIdleMaxMs) connection.destroy()
  }

  /** All, or those of one client; how many there were. */
  dropConnections(clientId?: string): number {
    const dropped = [...this.#connections].filter(
      (connection) => clientId === undefined || connection.clientId === clientId,
    )
    for (const connection of dropped) connection.destroy()
    return dropped.length
  }

  /** Closes all connections, then everything else. */
  async close(): Promise<void> {
    const listening = this.#listener?.close()
    this.#maintenance?.stop()
    this.dropConnections()
    await listening
    this.state.transactions.close()
    this.state.groups.close()
    this.state.topics.close()
    await this.state.storage.close()
  }
}
