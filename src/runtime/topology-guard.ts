import { TopologyError } from '../core/errors.ts'
import { incompatibilities, notesOn, type Incompatibility } from '../planner/compare-fingerprints.ts'
import type { Plan } from '../planner/plan.ts'
import {
  fingerprintHash,
  fingerprintOf,
  type StoreFingerprint,
  type TopologyFingerprint,
} from '../planner/topology-fingerprint.ts'
import { topologyChannel } from '../telemetry/channels.ts'
import type { RecordedTopology, TopologyLog } from './topology-log.ts'

export interface TopologyGuardOptions {
  readonly plan: Plan
  readonly log: TopologyLog
  /** Which of these topics exist. */
  readonly existing: (topics: readonly string[]) => Promise<ReadonlySet<string>>
  /** The hash of the fingerprint that the user accepts on the old state; null: none. */
  readonly acceptTopology: string | null
  readonly now: () => number
}

const nothing: RecordedTopology = { stores: [], repartitions: [], supersedes: false }

/**
 * Keeps an app off state that an incompatible topology wrote (docs/adr/0015). Each instance asks before it creates anything and
 * records its own fingerprint before it processes anything; of two that contradict, the one whose record is first in the log stays.
 */
export class TopologyGuard {
  readonly #options: TopologyGuardOptions
  /** Entries of the record whose topics were gone when this instance came: nothing of theirs can be misread. */
  #gone: ReadonlySet<string> = new Set()

  constructor(options: TopologyGuardOptions) {
    this.#options = options
  }

  /**
   * @param partitionCounts of the internal topics, as they are or will be
   * @throws TopologyError `MILLRACE_TOPOLOGY_INCOMPATIBLE` with everything that changed
   */
  async check(partitionCounts: ReadonlyMap<string, number>): Promise<void> {
    const { log, plan } = this.#options
    const records = await log.read()
    const now = fingerprintOf(plan, partitionCounts)
    if (records === undefined || records.length === 0) return this.#adopt(now)
    const all = folded(records)
    await this.#findGone(all)
    const recorded = this.#withoutGone(all)
    this.#refuse(incompatibilities(recorded, now))
    this.#announce(notesOn(recorded, now))
  }

  /** After `check`. @throws as `check`, when another instance was quicker */
  async record(partitionCounts: ReadonlyMap<string, number>): Promise<void> {
    const { log, plan, now: clock } = this.#options
    const now = fingerprintOf(plan, partitionCounts)
    const records = await log.read()
    if (records === undefined && now.stores.length === 0 && now.repartitions.length === 0) return
    const before = folded(records ?? [])
    const kept = this.#withoutGone(before)
    this.#refuse(incompatibilities(kept, now))
    const supersedes = incompatibilities(before, now).length > 0
    const recorded = { ...united(kept, now), supersedes }
    if (isSame(recorded, before)) return
    await log.append(recorded, clock())
    const after = folded((await log.read()) ?? [])
    const lost = incompatibilities(after, now)
    if (lost.length === 0) return
    await log.append({ ...after, supersedes: true }, clock())
    this.#refuse(lost)
  }

  async #adopt(now: TopologyFingerprint): Promise<void> {
    const existing = await this.#options.existing(topicsOf(now, ({ reusesSource }) => !reusesSource))
    if (existing.size === 0) return
    this.#announce([`state from before topologies were recorded is taken as it is: ${[...existing].join(', ')}`])
  }

  async #findGone({ stores, repartitions }: TopologyFingerprint): Promise<void> {
    const existing = await this.#options.existing(topicsOf({ stores, repartitions }))
    this.#gone = new Set([
      ...stores.filter(({ changelogTopic }) => !existing.has(changelogTopic)).map((each) => JSON.stringify(each)),
      ...repartitions.filter(({ topic }) => !existing.has(topic)).map((each) => JSON.stringify(each)),
    ])
  }

  #withoutGone({ stores, repartitions }: TopologyFingerprint): TopologyFingerprint {
    const isKept = (each: object): boolean => !this.#gone.has(JSON.stringify(each))
    return { stores: stores.filter(isKept), repartitions: repartitions.filter(isKept) }
  }

  #refuse(found: readonly Incompatibility[]): void {
    const { acceptTopology, plan } = this.#options
    const hash = fingerprintHash(fingerprintOf(plan))
    const refused = found.filter(({ isAcceptable }) => !isAcceptable || acceptTopology !== hash)
    if (refused.length === 0) return
    const accept = `; if the bytes mean the same as before, set acceptTopology to '${hash}'`
    const problems = refused.map(({ path, problem, remedy, isAcceptable }) => ({
      path,
      problem,
      remedy: isAcceptable ? remedy + accept : remedy,
    }))
    throw new TopologyError(problems, 'MILLRACE_TOPOLOGY_INCOMPATIBLE')
  }

  #announce(notes: readonly string[]): void {
    if (notes.length > 0) topologyChannel.publish({ applicationId: this.#options.plan.applicationId, notes })
  }
}

/** The log as all read it: of two records that contradict the first stays, unless the second was meant to replace it. */
function folded(records: readonly RecordedTopology[]): RecordedTopology {
  return records.reduce((before, record) => {
    if (record.supersedes) return record
    return incompatibilities(before, record).length > 0 ? before : united(before, record)
  }, nothing)
}

/** Keeps what only the older one has: its topics are still there, and an instance of the older version may be too. */
function united(before: TopologyFingerprint, now: TopologyFingerprint): RecordedTopology {
  const names = new Set(now.stores.map(({ name }) => name))
  const topics = new Set(now.repartitions.map(({ topic }) => topic))
  return {
    stores: [...before.stores.filter(({ name }) => !names.has(name)), ...now.stores],
    repartitions: [...before.repartitions.filter(({ topic }) => !topics.has(topic)), ...now.repartitions],
    supersedes: false,
  }
}

function topicsOf(
  { stores, repartitions }: TopologyFingerprint,
  which: (store: StoreFingerprint) => boolean = () => true,
): readonly string[] {
  return [...stores.filter(which).map((store) => store.changelogTopic), ...repartitions.map(({ topic }) => topic)]
}

function isSame(one: TopologyFingerprint, other: TopologyFingerprint): boolean {
  const text = ({ stores, repartitions }: TopologyFingerprint): string =>
    JSON.stringify([...stores, ...repartitions].map((each) => JSON.stringify(each)).toSorted())
  return text(one) === text(other)
}
