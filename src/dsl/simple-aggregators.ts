import type { Aggregator, Reducer } from '../topology/functions.ts'

export const countAggregator: Aggregator<unknown, unknown, number> = (count) => count + 1

/** A reducer as an aggregator that starts from null: the first value is taken as it is (Kafka Streams: KStreamReduce). */
export function reduceAggregator<V>(reducer: Reducer<V>): Aggregator<unknown, V, V | null> {
  return (aggregate, value) => (aggregate === null ? value : reducer(aggregate, value))
}
