/* What of groups survives a restart: generations with their assignments, and offsets, in `groups.log`. */
import { FramedLog } from '../log/framed-log.ts'
import type { Storage } from '../log/storage.ts'
import type { OrderedOffset } from './committed-offsets.ts'
import type { Group, KeptGeneration } from './group.ts'
import { Member, type MemberIdentity } from './member.ts'

interface KeptMember extends MemberIdentity {
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Base64. */
  readonly protocols: readonly (readonly [string, string])[]
  readonly assignment: string
}

export type GroupChange = { readonly group: string } & (
  | { readonly kind: 'generation'; readonly kept: KeptGeneration; readonly members: readonly KeptMember[] }
  | { readonly kind: 'commit'; readonly offsets: readonly OrderedOffset[] }
  | { readonly kind: 'stage'; readonly producerId: number; readonly offsets: readonly OrderedOffset[] }
  | { readonly kind: 'end'; readonly producerId: number; readonly committed: boolean }
  | { readonly kind: 'forget'; readonly partitions: readonly { readonly topic: string; readonly partition: number }[] }
  | { readonly kind: 'delete' }
)

export interface JournalOptions {
  readonly groups: () => Iterable<Group>
  /** Called with all that was written, before `open` returns. */
  readonly apply: (change: GroupChange) => void
}

export class GroupJournal {
  readonly #log: FramedLog

  constructor(storage: Storage, { groups, apply }: JournalOptions) {
    this.#log = FramedLog.open(storage, 'groups.log', {
      apply: (payload) => apply(JSON.parse(payload.toString()) as GroupChange),
      *snapshot() {
        for (const group of groups()) for (const change of stateOf(group)) yield encode(change)
      },
    })
  }

  /** @throws StateError */
  append(...changes: readonly GroupChange[]): void {
    if (changes.length > 0) this.#log.append(...changes.map(encode))
  }

  close(): void {
    this.#log.close()
  }
}

function encode(change: GroupChange): Buffer {
  return Buffer.from(JSON.stringify(change))
}

function* stateOf(group: Group): Iterable<GroupChange> {
  yield generationOf(group)
  yield { group: group.id, kind: 'commit', offsets: group.offsets.all }
  for (const [producerId, offsets] of group.offsets.staged)
    yield { group: group.id, kind: 'stage', producerId, offsets }
}

/** The generation of a group that is stable or empty; of one in between, nobody has an assignment. */
export function generationOf(group: Group): GroupChange {
  const { id, generation, protocolType, protocolName } = group
  const members = group.state === 'Stable' ? [...group.members] : []
  const leaderId = members.length === 0 ? null : group.members.leaderId!
  const kept = { generation, protocolType, protocolName, leaderId }
  return { group: id, kind: 'generation', kept, members: members.map(keptMember) }
}

function keptMember({ identity, terms, assignment }: Member): KeptMember {
  return {
    ...identity,
    sessionTimeoutMs: terms.sessionTimeoutMs,
    rebalanceTimeoutMs: terms.rebalanceTimeoutMs,
    protocols: terms.protocols.map(({ name, metadata }) => [name, metadata.toString('base64')]),
    assignment: assignment.toString('base64'),
  }
}

export function memberFrom(kept: KeptMember): Member {
  const { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs } = kept
  const protocols = kept.protocols.map(([name, metadata]) => ({ name, metadata: Buffer.from(metadata, 'base64') }))
  const member = new Member(
    { id, instanceId, clientId, clientHost },
    { sessionTimeoutMs, rebalanceTimeoutMs, protocols },
  )
  member.assignment = Buffer.from(kept.assignment, 'base64')
  member.isNew = false
  return member
}
