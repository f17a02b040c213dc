/**
 * J1, without state: keep amounts above 100, write `{ txnId, cardId, amountCents }`. J2, with state: count and sum per card and
 * minute of event time (grace 10 s), one `{ cardId, windowStart, count, sumCents }` for every input record, in memory with a
 * changelog. Both keep key and timestamp.
 */
export const jobs = ['J1', 'J2'] as const
export type Job = (typeof jobs)[number]
