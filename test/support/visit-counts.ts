import { defaultPartition } from '../../src/core/murmur2.ts'
import { topology } from '../../src/dsl/topology.ts'
import { tumbling, session } from '../../src/dsl/windows.ts'
import type { Windowed } from '../../src/core/windowed.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { Queryable } from '../../src/topology/queryables.ts'
import type { Topology } from '../../src/topology/topology.ts'
import type { MemoryCluster } from './memory-cluster.ts'

export interface Visit {
  readonly page: string
}

export interface VisitStores {
  readonly perVisitor: Queryable<string, number>
  readonly perMinute: Queryable<Windowed<string>, number>
  readonly sessions: Queryable<Windowed<string>, number>
  readonly profiles: Queryable<string, { name: string }>
  readonly pages: Queryable<string, string>
}

/** Visits, keyed by the visitor, counted in all the ways that a store can keep. */
export const visitCounts: Topology<VisitStores> = topology('visits', (t) => {
  const pages = t.globalTable('pages', { key: string(), value: json<string>() })
  const profile = { key: string(), value: json<{ name: string }>() }
  const profiles = t.table('profiles', { ...profile, versioned: { historyRetention: '1h' } })
  const grouped = t.stream('visits', { key: string(), value: json<Visit>() }).groupByKey()
  const perVisitor = grouped.count()
  const perMinute = grouped
    .windowedBy(tumbling({ size: '1m', grace: '1d' }))
    .count({ name: 'per-minute', retention: '2d' })
  const sessions = grouped.windowedBy(session({ gap: '1m', grace: '1d' })).count({ name: 'sessions', retention: '2d' })
  return { perVisitor, perMinute, sessions, profiles, pages }
})

const encoder = new TextEncoder()

export function createVisitTopics({ kafka }: MemoryCluster, partitions = 4): void {
  for (const topic of ['visits', 'profiles']) kafka.createTopic(topic, partitions)
  kafka.createTopic('pages', 2)
}

type Put = readonly [key: string, value: unknown, timestamp: number]

/** Where Kafka's partitioner puts it. */
export function put({ kafka }: MemoryCluster, topic: string, [key, value, timestamp]: Put): void {
  const bytes = encoder.encode(key)
  const partition = defaultPartition(bytes, kafka.counts().get(topic)!)
  const payload = value === null ? null : encoder.encode(JSON.stringify(value))
  kafka.append({ topic, partition, key: bytes, value: payload, timestamp, headers: [] })
}
