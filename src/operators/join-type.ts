import type { JoinSide } from '../state/unmatched-store.ts'

export type JoinType = 'inner' | 'left' | 'outer'

/** Whether what comes in on `side` has a result of its own while the other side has nothing to join it with. */
export function keepsUnmatched(type: JoinType, side: JoinSide): boolean {
  return type === 'outer' || (type === 'left' && side === 'left')
}
