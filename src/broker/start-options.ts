import type { NewBrokerTopic } from './broker-control.ts'
import type { SaslOptions } from './server/sasl/sasl-options.ts'

/** What a broker shows to its clients, and what it wants to see of them. */
export interface TlsOptions {
  /** In PEM. */
  readonly key: string
  readonly cert: string
  /** Certificates that clients have to have one from; without, clients need none. */
  readonly clientCa?: string
}

/** What a broker is started with; everything has a default. */
export interface StartBrokerOptions {
  /** Default 0: a free one. */
  readonly port?: number
  /** Where it listens and what it tells clients. Default 127.0.0.1. */
  readonly host?: string
  /** A folder, made when missing, in which everything survives `stop` and a kill. Default: in memory. */
  readonly data?: string
  /**
   * When data is forced onto the disk: `none`, every second (`interval`), or before each answer (`always`). Only a machine that
   * loses power makes a difference. Default `interval`.
   */
  readonly fsync?: 'none' | 'interval' | 'always'
  /** Of topics that are created without a number. Default 1. */
  readonly partitions?: number
  /** Whether clients make topics by asking for them. Default false. */
  readonly autoCreateTopics?: boolean
  /** Topics to create; with `data`, those that are missing. */
  readonly topics?: readonly (string | NewBrokerTopic)[]
  /** How long the first member of an empty group waits for others. Default 0. */
  readonly groupInitialRebalanceDelayMs?: number
  /** The shortest session time-out that a member of a group may ask for. Default 6000, as Kafka's; tests of lost members want less. */
  readonly groupSessionTimeoutMinMs?: number
  /** Clients have to say who they are. */
  readonly sasl?: SaslOptions
  readonly tls?: TlsOptions
}
