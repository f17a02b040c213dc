import type { Clock, Timer } from '../../core/clock.ts'
import type { NewResponse } from '../../protocol/messages/messages.ts'

export type JoinAnswer = NewResponse<'JoinGroup'>
export type SyncAnswer = NewResponse<'SyncGroup'>

/** A way to divide the partitions that a member knows, with what it tells the leader for it. */
export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

/** What a member says of itself each time it joins. */
export interface MemberTerms {
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** The best first. */
  readonly protocols: readonly Protocol[]
}

export interface MemberIdentity {
  readonly id: string
  /** Of a static member (KIP-345): it keeps its assignment over a restart. */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
}

const nothing = Buffer.alloc(0)

/** A member with its requests that wait. */
export class Member {
  readonly identity: MemberIdentity
  terms: MemberTerms
  assignment: Buffer = nothing
  /** Until its first generation: it has no id to send heartbeats with, and may be gone while it waits. */
  isNew = true
  #join: ((answer: JoinAnswer) => void) | undefined
  #sync: ((answer: SyncAnswer) => void) | undefined
  #session: Timer | undefined

  constructor(identity: MemberIdentity, terms: MemberTerms) {
    this.identity = identity
    this.terms = terms
  }

  get id(): string {
    return this.identity.id
  }

  get isAwaitingJoin(): boolean {
    return this.#join !== undefined
  }

  get isAwaitingSync(): boolean {
    return this.#sync !== undefined
  }

  /** A request that waited already was given up by its sender; whoever still listens should ask again. */
  awaitJoin(answer: (answer: JoinAnswer) => void, again: JoinAnswer): void {
    this.answerJoin(again)
    this.#join = answer
  }

  awaitSync(answer: (answer: SyncAnswer) => void, again: SyncAnswer): void {
    this.answerSync(again)
    this.#sync = answer
  }

  /** Answers the join that waits, if one does. */
  answerJoin(answer: JoinAnswer): void {
    const send = this.#join
    this.#join = undefined
    send?.(answer)
  }

  answerSync(answer: SyncAnswer): void {
    const send = this.#sync
    this.#sync = undefined
    send?.(answer)
  }

  /** Begins the session anew. Who waits for an answer is alive for as long as it waits, unless it is new. */
  keepAlive(clock: Clock, timeoutMs: number, expired: () => void): void {
    this.#session?.cancel()
    this.#session = clock.setTimer(timeoutMs, () => {
      if (this.isNew || !(this.isAwaitingJoin || this.isAwaitingSync)) expired()
    })
  }

  endSession(): void {
    this.#session?.cancel()
  }

  metadataFor(protocolName: string): Buffer {
    return this.terms.protocols.find(({ name }) => name === protocolName)?.metadata ?? nothing
  }

  knows(protocolName: string): boolean {
    return this.terms.protocols.some(({ name }) => name === protocolName)
  }

  /** Whether it says the same as before: then its coming again changes nothing for the others. */
  hasProtocols(protocols: readonly Protocol[]): boolean {
    const own = this.terms.protocols
    return (
      own.length === protocols.length &&
      own.every(({ name, metadata }, i) => name === protocols[i]!.name && metadata.equals(protocols[i]!.metadata))
    )
  }
}
