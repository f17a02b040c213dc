import type { ApiName, NewRequest, ResponseOf } from '../protocol/messages/messages.ts'

/** Where a node of the cluster is reached. */
export interface BrokerNode {
  readonly id: number
  readonly host: string
  readonly port: number
}

/** Each has a connection of its own to a node: a long poll or a join never keeps a commit or a heartbeat waiting. */
export type Channel = 'main' | 'fetch' | 'group'

export interface SendOptions {
  /** Default: the client's request time-out. Requests that the broker may hold need more. */
  readonly timeoutMs?: number
  /** The newest version to use, of those that both sides know. */
  readonly versionMax?: number
  readonly channel?: Channel
}

/** A request, or what makes it for the version that is used: some fields exist in some versions only. */
export type RequestFor<A extends ApiName> = NewRequest<A> | ((version: number) => NewRequest<A>)

/**
 * Requests to brokers, and nothing about what they mean: the network, or what a library brings instead. Everything above is
 * written once ([ADR 0022](../../docs/adr/0022-one-client-on-two-transports.md)).
 */
export interface Transport {
  /** As configured, for messages. */
  readonly addresses: readonly string[]
  /**
   * Resolves when a broker answers; tries all addresses, again and again.
   *
   * @throws BrokerError `MILLRACE_BROKER_UNREACHABLE` within the request time-out, naming the addresses
   */
  connect(): Promise<void>
  /**
   * Sends one request. Those of one channel to one node go out and are answered in the order of the calls, pipelined.
   *
   * @throws BrokerError retriable when the connection fails or the time is over (the broker may have got the request or
   *   not); not retriable when the broker knows no version of the request that Millrace knows
   */
  send<A extends ApiName>(
    node: number | 'any',
    api: A,
    request: RequestFor<A>,
    options?: SendOptions,
  ): Promise<ResponseOf<A>>
  /**
   * The version that `send` uses, as negotiated with the node; before there is a connection to it, with the broker that
   * answered first.
   *
   * @throws BrokerError not retriable when there is none, saying whether the broker is too old or too new
   */
  versionOf(node: number | 'any', api: ApiName): number
  /** From metadata: all nodes, and how they are reached. */
  learn(nodes: readonly BrokerNode[]): void
  /** Rejects what is under way. */
  close(): Promise<void>
}
