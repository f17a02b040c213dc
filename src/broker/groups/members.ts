import type { Member, Protocol } from './member.ts'

/** The members of a group in the order in which they came, who leads, and what they have in common. */
export class Members implements Iterable<Member> {
  readonly #byId = new Map<string, Member>()
  readonly #idOfInstance = new Map<string, string>()
  #leaderId: string | undefined;

  [Symbol.iterator](): Iterator<Member> {
    return this.#byId.values()
  }

  get size(): number {
    return this.#byId.size
  }

  get leaderId(): string | undefined {
    return this.#leaderId
  }

  /** The longest that any of them wants to be waited for. */
  get rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this].map(({ terms }) => terms.rebalanceTimeoutMs))
  }

  get awaitingJoinCount(): number {
    return [...this].filter(({ isAwaitingJoin }) => isAwaitingJoin).length
  }

  get(id: string): Member | undefined {
    return this.#byId.get(id)
  }

  /** The id that a static member has now. */
  idOfInstance(instanceId: string): string | undefined {
    return this.#idOfInstance.get(instanceId)
  }

  /** The first one leads. */
  add(member: Member): void {
    const { id, instanceId } = member.identity
    this.#byId.set(id, member)
    if (instanceId !== null) this.#idOfInstance.set(instanceId, id)
    this.#leaderId ??= id
  }

  lead(id: string): void {
    this.#leaderId = id
  }

  remove({ id, identity }: Member): void {
    this.#byId.delete(id)
    if (identity.instanceId !== null && this.#idOfInstance.get(identity.instanceId) === id)
      this.#idOfInstance.delete(identity.instanceId)
    if (this.#leaderId === id) this.#leaderId = this.#byId.keys().next().value
  }

  /** A static member came back under a new id; it keeps its assignment, and leads if it did. */
  replace(old: Member, next: Member): void {
    const led = this.#leaderId === old.id
    this.remove(old)
    next.assignment = old.assignment
    next.isNew = old.isNew
    this.add(next)
    if (led) this.#leaderId = next.id
  }

  /** Makes one lead that has joined. False when none has. */
  electJoinedLeader(): boolean {
    const leader = this.#leaderId === undefined ? undefined : this.get(this.#leaderId)
    if (leader?.isAwaitingJoin === true) return true
    const joined = [...this].find(({ isAwaitingJoin }) => isAwaitingJoin)
    if (joined !== undefined) this.#leaderId = joined.id
    return joined !== undefined
  }

  /** Whether everyone knows one of these. */
  shareOneOf(protocols: readonly Protocol[]): boolean {
    return protocols.some(({ name }) => [...this].every((member) => member.knows(name)))
  }

  /** Of those that everyone knows, the one that most like best; of several the one that was voted for first. */
  electProtocol(): string | undefined {
    const [first, ...others] = this
    if (first === undefined) return undefined
    const names = first.terms.protocols.map(({ name }) => name)
    const common = new Set(names.filter((name) => others.every((member) => member.knows(name))))
    const votes = new Map<string, number>()
    for (const { terms } of this) {
      const best = terms.protocols.find(({ name }) => common.has(name))
      if (best !== undefined) votes.set(best.name, (votes.get(best.name) ?? 0) + 1)
    }
    let elected: string | undefined
    for (const [name, count] of votes) if (elected === undefined || count > votes.get(elected)!) elected = name
    return elected
  }
}
