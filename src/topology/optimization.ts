import type { Problem } from '../core/errors.ts'

/** What a plan may save (Kafka Streams: `topology.optimization`); docs/adr/0014 says what each does and what it costs. */
export const topologyOptimizations = [
  'reuse.ktable.source.topics',
  'merge.repartition.topics',
  'single.store.self.join',
] as const

/** One way to save topics, stores or traffic; its results are those of a topology without it. */
export type TopologyOptimization = (typeof topologyOptimizations)[number]

/** What belongs to a topology as a whole. */
export interface TopologyOptions {
  /**
   * What the plan may save; default `none`. Changing it for a running app renames or drops internal topics and moves state, so
   * it is said here, with the topology, and not in the app's config.
   *
   * - `reuse.ktable.source.topics`: a table that is read from a topic writes no changelog; after a restart its store is filled from
   *   that topic, which must keep the latest value of every key (`cleanup.policy=compact`).
   * - `merge.repartition.topics`: where several operators need one re-keyed stream, it goes through one repartition topic.
   * - `single.store.self.join`: a stream that is joined with itself is stored once.
   */
  readonly optimization?: 'none' | 'all' | readonly TopologyOptimization[]
}

/** The optimizations that were asked for, in the order of the table above, and what is wrong with the request. */
export function readOptimization(given: TopologyOptions['optimization'] = 'none'): {
  readonly optimizations: readonly TopologyOptimization[]
  readonly problems: readonly Problem[]
} {
  if (given === 'none') return { optimizations: [], problems: [] }
  if (given === 'all') return { optimizations: topologyOptimizations, problems: [] }
  const asked: readonly string[] = Array.isArray(given) ? given : [String(given)]
  const problems = asked
    .filter((name) => !(topologyOptimizations as readonly string[]).includes(name))
    .map((name) => ({
      path: 'optimization',
      problem: `there is no ${JSON.stringify(name)}`,
      remedy: `say none, all, or a list of ${topologyOptimizations.join(', ')}`,
    }))
  return { optimizations: topologyOptimizations.filter((name) => asked.includes(name)), problems }
}
