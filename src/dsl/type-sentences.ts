import type { Windowed } from '../core/windowed.ts'

declare const sentence: unique symbol
/** An impossible call's type: its argument is a sentence that says why. Nothing is assignable to it. */
export interface Impossible<Why extends string> {
  readonly [sentence]: Why
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

/** `unknown` (no constraint) when both sides may meet; else the sentence. Null keys do not count: joins drop them. */
export type SameKey<A, B, What extends string> =
  Same<NonNullable<A>, NonNullable<B>> extends true
    ? unknown
    : Impossible<`${What} needs the same key type on both sides; re-key one of them with selectKey() or groupBy() first`>

/** The key must be windowed. Otherwise the sentence stands at `until`, where the compiler looks for the reason. */
export type WindowedOnly<K, T> =
  NonNullable<K> extends Windowed<unknown>
    ? T
    : {
        readonly until: Impossible<'only a windowed table closes: window it with windowedBy() before it is aggregated, or hold back until a time limit'>
      }
