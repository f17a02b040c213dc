/* States of a group, and what each of them allows: tables, so that no state is forgotten (Kafka's ClassicGroupState). */
import { InvariantError } from '../../core/errors.ts'
import type { KafkaErrorName } from '../../protocol/kafka-error.ts'

/** As DescribeGroups and ListGroups print them. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

export type GroupEvent =
  /** A member came, left or changed: all have to join again. */
  | 'rebalance'
  /** Everyone who will join has joined: a new generation, in which the leader assigns. */
  | 'joined'
  /** The same with nobody left. */
  | 'emptied'
  /** The leader has sent the assignment. */
  | 'assigned'
  | 'deleted'

const transitions: Readonly<Record<GroupState, Readonly<Record<GroupEvent, GroupState | undefined>>>> = {
  Empty: {
    rebalance: 'PreparingRebalance',
    joined: undefined,
    emptied: undefined,
    assigned: undefined,
    deleted: 'Dead',
  },
  PreparingRebalance: {
    rebalance: undefined,
    joined: 'CompletingRebalance',
    emptied: 'Empty',
    assigned: undefined,
    deleted: 'Dead',
  },
  CompletingRebalance: {
    rebalance: 'PreparingRebalance',
    joined: undefined,
    emptied: undefined,
    assigned: 'Stable',
    deleted: 'Dead',
  },
  Stable: {
    rebalance: 'PreparingRebalance',
    joined: undefined,
    emptied: undefined,
    assigned: undefined,
    deleted: 'Dead',
  },
  Dead: { rebalance: undefined, joined: undefined, emptied: undefined, assigned: undefined, deleted: undefined },
}

export function nextState(state: GroupState, event: GroupEvent): GroupState {
  const next = transitions[state][event]
  if (next === undefined) throw new InvariantError(`a group in state ${state} cannot be ${event}`)
  return next
}

/** Whether a rebalance can begin: in PreparingRebalance one has. */
export function canRebalance(state: GroupState): boolean {
  return transitions[state].rebalance !== undefined
}

/** What a member of this generation hears when it says that it lives. */
export const heartbeatError: Readonly<Record<GroupState, KafkaErrorName>> = {
  Empty: 'UNKNOWN_MEMBER_ID',
  PreparingRebalance: 'REBALANCE_IN_PROGRESS',
  // Clients begin with it once they have joined.
  CompletingRebalance: 'NONE',
  Stable: 'NONE',
  Dead: 'COORDINATOR_NOT_AVAILABLE',
}

/** What a member of this generation hears when it asks for its assignment. */
export const syncError: Readonly<Record<GroupState, KafkaErrorName>> = {
  Empty: 'UNKNOWN_MEMBER_ID',
  PreparingRebalance: 'REBALANCE_IN_PROGRESS',
  CompletingRebalance: 'NONE',
  Stable: 'NONE',
  Dead: 'COORDINATOR_NOT_AVAILABLE',
}

/** Why a group cannot be deleted. */
export const deletionError: Readonly<Record<GroupState, KafkaErrorName>> = {
  Empty: 'NONE',
  PreparingRebalance: 'NON_EMPTY_GROUP',
  CompletingRebalance: 'NON_EMPTY_GROUP',
  Stable: 'NON_EMPTY_GROUP',
  Dead: 'GROUP_ID_NOT_FOUND',
}
