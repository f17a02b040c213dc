/*
 * created -> starting -> running <-> rebalancing, from all of these -> stopping -> stopped, and from any that is not an end -> failed.
 */
import { MillraceError } from '../core/errors.ts'

/**
 * - `rebalancing`: partitions are on the move, or state is being restored; tasks that are ready go on.
 * - `stopping`: no record is taken any more; what was processed is being committed.
 * - `stopped` and `failed` are ends: a new app must be created to go on.
 */
export type AppState = 'created' | 'starting' | 'rebalancing' | 'running' | 'stopping' | 'stopped' | 'failed'

export type AppEvent = 'start' | 'rebalance' | 'ready' | 'stop' | 'stopped' | 'fail'

/** Null: it cannot happen there; the app says so. */
const transitions: Readonly<Record<AppState, Readonly<Record<AppEvent, AppState | null>>>> = {
  created: { start: 'starting', rebalance: null, ready: null, stop: 'stopping', stopped: null, fail: null },
  starting: { start: null, rebalance: 'starting', ready: 'running', stop: 'stopping', stopped: null, fail: 'failed' },
  rebalancing: {
    start: null,
    rebalance: 'rebalancing',
    ready: 'running',
    stop: 'stopping',
    stopped: null,
    fail: 'failed',
  },
  running: { start: null, rebalance: 'rebalancing', ready: 'running', stop: 'stopping', stopped: null, fail: 'failed' },
  stopping: {
    start: null,
    rebalance: 'stopping',
    ready: 'stopping',
    stop: 'stopping',
    stopped: 'stopped',
    fail: 'failed',
  },
  stopped: {
    start: null,
    rebalance: 'stopped',
    ready: 'stopped',
    stop: 'stopped',
    stopped: 'stopped',
    fail: 'stopped',
  },
  failed: { start: null, rebalance: 'failed', ready: 'failed', stop: 'failed', stopped: 'failed', fail: 'failed' },
}

/** @throws MillraceError `MILLRACE_APP_STATE` when the event cannot happen in this state */
export function nextState(state: AppState, event: AppEvent): AppState {
  const next = transitions[state][event]
  if (next !== null) return next
  const remedy =
    event === 'start' ? 'an app starts once: create a new one' : 'this is a bug in Millrace; please report it'
  throw new MillraceError('MILLRACE_APP_STATE', `the app is ${state} and cannot take '${event}': ${remedy}`)
}
