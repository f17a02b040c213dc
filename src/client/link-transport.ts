/* The cluster's nodes and the links to them; what a link is, is up to whoever opens it. */
import { sleep, type Clock } from '../core/clock.ts'
import { InvariantError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { ApiName, ResponseOf } from '../protocol/messages/messages.ts'
import { backoff } from './backoff.ts'
import { ConnectionError, isRetriable, translateError } from './broker-errors.ts'
import type { BrokerLink } from './broker-link.ts'
import type { BrokerNode, Channel, RequestFor, SendOptions, Transport } from './transport.ts'

export interface LinkTransportOptions {
  readonly addresses: readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly requestTimeoutMs: number
  /** `address` is `host:port`; an IPv6 host may stand in brackets. */
  openLink(address: string): BrokerLink
}

class OutOfTimeError extends ConnectionError {}

export class LinkTransport implements Transport {
  readonly addresses: readonly string[]
  readonly #options: LinkTransportOptions
  readonly #nodes = new Map<number, string>()
  /** By address and channel. */
  readonly #links = new Map<string, BrokerLink>()
  #finding: Promise<BrokerLink> | undefined
  #closed = new AbortController()

  constructor(options: LinkTransportOptions) {
    this.#options = options
    this.addresses = options.addresses
  }

  async connect(): Promise<void> {
    const { clock, random, requestTimeoutMs } = this.#options
    const deadline = clock.monotonic() + requestTimeoutMs
    // What a broker said, or a login, says more than that the last try ran out of time.
    let reason: unknown
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#within(this.#findLink(), deadline - clock.monotonic())
        return
      } catch (error) {
        const wait = backoff(attempt, random)
        if (!isRetriable(error) || this.#closed.signal.aborted) throw error
        if (reason === undefined || !(error instanceof OutOfTimeError)) reason = error
        if (clock.monotonic() + wait > deadline) throw translateError(reason, 'connect to Kafka', this.addresses)
        await sleep(clock, wait, this.#closed.signal)
      }
    }
  }

  async #within<T>(promise: Promise<T>, ms: number): Promise<T> {
    const settled = new AbortController()
    const timeout = sleep(this.#options.clock, ms, settled.signal).then(() => {
      throw new OutOfTimeError('no answer in time')
    })
    // Whichever comes second has nobody left to tell.
    promise.catch(() => {})
    timeout.catch(() => {})
    return Promise.race([promise, timeout]).finally(() => settled.abort())
  }

  async send<A extends ApiName>(
    node: number | 'any',
    api: A,
    request: RequestFor<A>,
    { timeoutMs = this.#options.requestTimeoutMs, versionMax, channel = 'main' }: SendOptions = {},
  ): Promise<ResponseOf<A>> {
    const link = node === 'any' ? await this.#findLink() : this.#link(this.#addressOf(node), channel)
    await link.connect()
    const version = link.ranges!.versionOf(api, versionMax)
    const body = typeof request === 'function' ? request(version) : request
    return link.send({ api, version, body, timeoutMs })
  }

  versionOf(node: number | 'any', api: ApiName): number {
    const ofNode = node === 'any' ? undefined : this.#links.get(linkName(this.#addressOf(node), 'main'))?.ranges
    const ranges = ofNode ?? [...this.#links.values()].find((link) => link.ranges !== undefined)?.ranges
    if (ranges === undefined) throw new InvariantError(`the version of ${api} was asked before a broker was reached`)
    return ranges.versionOf(api)
  }

  #addressOf(node: number): string {
    const address = this.#nodes.get(node)
    if (address === undefined) throw new ConnectionError(`node ${node} is not part of the cluster at the moment`)
    return address
  }

  #link(address: string, channel: Channel): BrokerLink {
    if (this.#closed.signal.aborted) throw closedError()
    const name = linkName(address, channel)
    let link = this.#links.get(name)
    if (link === undefined) this.#links.set(name, (link = this.#options.openLink(address)))
    return link
  }

  /** Any broker that answers; one after the other, from those that are known as nodes to those that were configured. */
  #findLink(): Promise<BrokerLink> {
    for (const [name, link] of this.#links) if (link.isConnected && isMain(name)) return Promise.resolve(link)
    this.#finding ??= this.#tryAll().finally(() => (this.#finding = undefined))
    return this.#finding
  }

  async #tryAll(): Promise<BrokerLink> {
    const known = rotated([...new Set(this.#nodes.values())], this.#options.random)
    const candidates = new Set([...known, ...rotated(this.addresses, this.#options.random)])
    const failures: unknown[] = []
    for (const address of candidates) {
      const link = this.#link(address, 'main')
      try {
        await link.connect()
        return link
      } catch (error) {
        failures.push(error)
      }
    }
    // A refused password says more than an address where nobody is.
    throw failures.find((error) => !(error instanceof ConnectionError)) ?? failures[0]
  }

  learn(nodes: readonly BrokerNode[]): void {
    this.#nodes.clear()
    for (const { id, host, port } of nodes) this.#nodes.set(id, formatAddress(host, port))
    const kept = new Set([...this.#nodes.values(), ...this.addresses])
    for (const [name, link] of this.#links) {
      if (kept.has(addressIn(name))) continue
      this.#links.delete(name)
      link.close()
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }
}

function linkName(address: string, channel: Channel): string {
  return `${channel} ${address}`
}

function isMain(name: string): boolean {
  return name.startsWith('main ')
}

function addressIn(name: string): string {
  return name.slice(name.indexOf(' ') + 1)
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Begins anywhere, so that a fleet of clients does not begin at one broker. */
function rotated<T>(items: readonly T[], random: Random): readonly T[] {
  const start = Math.floor(random() * items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}

export function closedError(): ConnectionError {
  return new ConnectionError('the client was closed')
}
