/*
 * What happens in an app, as it happens, on Node's `diagnostics_channel`: subscribe by the channel's name and get one of the
 * payloads below. Publishing to a channel that nobody listens to costs a field read; where a payload is made per
 * record, ask `hasSubscribers` first. Payloads are facts, not handles: keeping one keeps no task alive.
 */
import { channel } from 'node:diagnostics_channel'
import type { ErrorOutcome, ErrorStage } from './task-metrics.ts'

/** `millrace:state`: the app went from one state to another. */
export interface StateEvent {
  readonly applicationId: string
  readonly from: string
  readonly to: string
  /** The fatal error, when `to` is `failed`. */
  readonly error: Error | undefined
}

/** `millrace:dropped`: an operator left out a record because of its key, value or time. */
export interface DroppedEvent {
  readonly taskId: string
  readonly nodeName: string
  /** `late`, `null-key`, ... */
  readonly reason: string
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly offset: number | undefined
}

/** `millrace:error`: a record failed and a handler answered, or work in the background failed and will be tried again. */
export interface ErrorEvent {
  readonly stage: ErrorStage | 'background'
  readonly answer: ErrorOutcome
  readonly error: Error
  /** Undefined in the background. */
  readonly taskId: string | undefined
}

/** `millrace:rebalance`: tasks came or went. */
export interface RebalanceEvent {
  readonly applicationId: string
  readonly kind: 'assigned' | 'revoked' | 'lost'
  /** Names as `0_3`: sub-topology 0, partition 3. */
  readonly tasks: readonly string[]
}

/** `millrace:commit`: everything up to these offsets is done and acknowledged. */
export interface CommitEvent {
  readonly applicationId: string
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
  /** Changed store entries that were written to changelogs. */
  readonly changedEntries: number
  /** From the first flush to the broker's answer, in milliseconds. */
  readonly durationMs: number
}

/** `millrace:restore`: a store is being filled from its changelog. */
export interface RestoreEvent {
  readonly taskId: string
  readonly store: string
  readonly topic: string
  readonly partition: number
  readonly phase: 'started' | 'done' | 'aborted'
  /** First offset and the offset after the last one, as read when the restore began. */
  readonly from: number
  readonly end: number
  readonly records: number
}

/**
 * `millrace:position-reset`: what was read of a topic is not in it any more, and reading goes on elsewhere, as `outOfRange` says. Records
 * are left out, or come again.
 */
export interface PositionResetEvent {
  readonly applicationId: string
  readonly topic: string
  readonly partition: number
  /** Up to where it was read. */
  readonly from: number
  /** Where it goes on. */
  readonly to: number
  /** Why, and what `outOfRange: 'error'` would have made of it: `MILLRACE_OFFSET_OUT_OF_RANGE` or `MILLRACE_LOG_TRUNCATED`. */
  readonly error: Error
}

/** `millrace:topology`: at start, what became of the state of an earlier version of the topology; none of it is an error. */
export interface TopologyEvent {
  readonly applicationId: string
  /** Sentences: stores that are not kept any more, state from before topologies were recorded, retention that changed. */
  readonly notes: readonly string[]
}

/** A diagnostics channel with a known payload. */
export interface TypedChannel<T> {
  readonly name: string | symbol
  readonly hasSubscribers: boolean
  publish(event: T): void
}

function typed<T>(name: string): TypedChannel<T> {
  return channel(name) as TypedChannel<T>
}

export const stateChannel: TypedChannel<StateEvent> = typed('millrace:state')
export const droppedChannel: TypedChannel<DroppedEvent> = typed('millrace:dropped')
export const errorChannel: TypedChannel<ErrorEvent> = typed('millrace:error')
export const rebalanceChannel: TypedChannel<RebalanceEvent> = typed('millrace:rebalance')
export const commitChannel: TypedChannel<CommitEvent> = typed('millrace:commit')
export const restoreChannel: TypedChannel<RestoreEvent> = typed('millrace:restore')
export const positionResetChannel: TypedChannel<PositionResetEvent> = typed('millrace:position-reset')
export const topologyChannel: TypedChannel<TopologyEvent> = typed('millrace:topology')
