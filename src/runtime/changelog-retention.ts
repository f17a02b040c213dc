import type { InternalTopic } from '../planner/plan.ts'

/**
 * How long the records of a changelog can still matter, in event time and in milliseconds; null: for ever.
 *
 * The broker measures `retention.ms` against its own clock. A topology that reads last year's events writes changelog records with last
 * year's timestamps, which the broker deletes at once: after a restart the state is gone (so it is in Kafka Streams). Hence
 * changelogs are created without retention, and `ChangelogPurger` deletes what has expired in event time.
 */
export function eventTimeRetentionMs({ kind, configs }: InternalTopic): number | null {
  const retention = kind === 'changelog' ? configs['retention.ms'] : undefined
  return retention === undefined || retention === '-1' ? null : Number(retention)
}

/** The configs to create the topic with. */
export function createdConfigs(topic: InternalTopic): Readonly<Record<string, string>> {
  return eventTimeRetentionMs(topic) === null ? topic.configs : { ...topic.configs, 'retention.ms': '-1' }
}
