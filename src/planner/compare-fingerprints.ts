import type { Problem } from '../core/errors.ts'
import type { RepartitionFingerprint, StoreFingerprint, TopologyFingerprint } from './topology-fingerprint.ts'

/** A store or repartition topic whose bytes the topology would take for something else. */
export interface Incompatibility extends Problem {
  /** The topic that holds the bytes. */
  readonly topic: string
  /** False where no one can know better: the records lie in other partitions. */
  readonly isAcceptable: boolean
}

/** What `now` cannot work on of what `recorded` left, one entry for each store and topic. What only one of them has is no mistake. */
export function incompatibilities(recorded: TopologyFingerprint, now: TopologyFingerprint): readonly Incompatibility[] {
  const stores = pairs(recorded.stores, now.stores, ({ name }) => name).flatMap(([was, is]) => storeProblem(was, is))
  const repartitions = pairs(recorded.repartitions, now.repartitions, ({ topic }) => topic).flatMap(([was, is]) =>
    repartitionProblem(was, is),
  )
  return [...stores, ...repartitions]
}

/** What is fine and yet worth a word. */
export function notesOn(recorded: TopologyFingerprint, now: TopologyFingerprint): readonly string[] {
  const names = new Set(now.stores.map(({ name }) => name))
  const topics = new Set(now.repartitions.map(({ topic }) => topic))
  return [
    ...recorded.stores
      .filter(({ name }) => !names.has(name))
      .map(({ name, changelogTopic }) => `store ${name} is not kept any more; ${changelogTopic} is left as it is`),
    ...recorded.repartitions
      .filter(({ topic }) => !topics.has(topic))
      .map(
        ({ topic }) =>
          `${topic} is not used any more; what was not yet read from it is not read, and it is left as it is`,
      ),
    ...pairs(recorded.stores, now.stores, ({ name }) => name).flatMap(([was, is]) => storeNotes(was, is)),
  ]
}

type Fingerprinted = StoreFingerprint | RepartitionFingerprint

function pairs<T extends Fingerprinted>(
  recorded: readonly T[],
  now: readonly T[],
  nameOf: (one: T) => string,
): readonly (readonly [T, T])[] {
  const known = new Map(recorded.map((one) => [nameOf(one), one]))
  return now.flatMap((is) => {
    const was = known.get(nameOf(is))
    return was === undefined ? [] : [[was, is] as const]
  })
}

function storeProblem(was: StoreFingerprint, is: StoreFingerprint): readonly Incompatibility[] {
  const changes = [
    ...changed('its kind', was.kind, is.kind),
    ...serdeChanges(was.serdes, is.serdes),
    ...changed('its windows', settings(was.windows), settings(is.windows)),
  ]
  if (was.reusesSource && !is.reusesSource)
    changes.push(
      `it was restored from ${was.changelogTopic} and would be from ${is.changelogTopic}, which holds none of it`,
    )
  return incompatibility(`store ${is.name}`, changes, {
    topic: is.reusesSource ? was.changelogTopic : is.changelogTopic,
    counts: was.changelogTopic === is.changelogTopic ? [was.partitions, is.partitions] : [null, null],
  })
}

function repartitionProblem(was: RepartitionFingerprint, is: RepartitionFingerprint): readonly Incompatibility[] {
  const counts = [was.partitions, is.partitions] as const
  return incompatibility(`repartition topic ${is.topic}`, serdeChanges(was.serdes, is.serdes), {
    topic: is.topic,
    counts,
  })
}

function incompatibility(
  path: string,
  changes: readonly string[],
  { topic, counts: [had, has] }: { readonly topic: string; readonly counts: readonly [number | null, number | null] },
): readonly Incompatibility[] {
  const moved = had !== null && has !== null && had !== has
  const all = moved ? [...changes, `${topic} had ${had} partitions and has ${has}`] : changes
  if (all.length === 0) return []
  const remedy = `give it another name, or the app another applicationId, or stop every instance and delete ${topic}`
  return [{ path, problem: all.join('; '), remedy, topic, isAcceptable: !moved }]
}

function changed(what: string, was: string, is: string): readonly string[] {
  if (was === is) return []
  return [`${what} ${what.endsWith('s') ? 'were' : 'was'} ${was} and ${what.endsWith('s') ? 'are' : 'is'} ${is}`]
}

function serdeChanges(was: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>): readonly string[] {
  const parts = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return parts.flatMap((part) => changed(`the serde of its ${part}`, was[part] ?? 'none', is[part] ?? 'none'))
}

function settings(windows: StoreFingerprint['windows']): string {
  if (windows === null) return 'none'
  const { kind, ...rest } = windows
  return `${kind} (${Object.entries(rest)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')})`
}

function storeNotes(was: StoreFingerprint, is: StoreFingerprint): readonly string[] {
  const notes: string[] = []
  if (!was.reusesSource && is.reusesSource)
    notes.push(`store ${is.name} is restored from ${is.changelogTopic} now; ${was.changelogTopic} is left as it is`)
  if (was.retentionMs !== is.retentionMs)
    notes.push(
      `store ${is.name} kept entries for ${was.retentionMs} ms and now for ${is.retentionMs}; what it has forgotten does not come back`,
    )
  if (String(was.inputs) !== String(is.inputs))
    notes.push(`store ${is.name} was filled from ${was.inputs.join(', ')} and now from ${is.inputs.join(', ')}`)
  return notes
}
