import type { Clock } from '../../core/clock.ts'
import type { Group } from './group.ts'

/** What all groups of a broker have from it. */
export interface GroupContext {
  readonly clock: Clock
  /** How long the first member of an empty group waits for others (`group.initial.rebalance.delay.ms`). */
  readonly initialRebalanceDelayMs: number
  /** Kafka's `group.max.size`. */
  readonly membersMax: number
  /** Ends the ids of members, so that no two are the same. */
  readonly newMemberId: (prefix: string) => string
  /** A generation that is to survive a restart. */
  readonly keep: (group: Group) => void
}
