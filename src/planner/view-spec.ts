import type { Predicate, ValueJoiner, ValueMapper } from '../topology/functions.ts'
import type { JoinType } from './operator-spec.ts'

/** How to read a table's current value: from its store, or computed from its parents. */
export type ViewSpec =
  | { readonly kind: 'store'; readonly store: string }
  | { readonly kind: 'versioned-store'; readonly store: string }
  | { readonly kind: 'window-store'; readonly store: string }
  | { readonly kind: 'session-store'; readonly store: string }
  | { readonly kind: 'filter'; readonly parent: ViewSpec; readonly predicate: Predicate; readonly negate: boolean }
  | { readonly kind: 'map-values'; readonly parent: ViewSpec; readonly mapper: ValueMapper }
  | {
      readonly kind: 'join'
      readonly type: JoinType
      readonly left: ViewSpec
      readonly right: ViewSpec
      readonly joiner: ValueJoiner
    }
  /** Behind a suppress: what was last let through, not what its buffer holds. */
  | { readonly kind: 'suppress'; readonly parent: ViewSpec; readonly store: string }
