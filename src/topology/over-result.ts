/** What `over` makes of a value: the value itself and the result of each trailing range, by the range's name. */
export interface OverResult<V, Names extends string, R> {
  readonly value: V
  readonly over: { readonly [Name in Names]: R }
}
