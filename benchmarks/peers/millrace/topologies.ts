import { json, string, topology, tumbling, type Topology } from 'millrace'

interface Transaction {
  readonly txnId: string
  readonly cardId: string
  readonly amount: number
}

interface Spent {
  readonly count: number
  readonly sumCents: number
}

interface Topics {
  readonly input: string
  readonly output: string
}

const cents = (amount: number): number => Math.round(amount * 100)

/** J1 */
export function keepLarge({ input, output }: Topics): Topology {
  return topology('keep-large', (t) => {
    t.stream(input, { key: string(), value: json<Transaction>() })
      .filter(({ amount }) => amount > 100)
      .mapValues(({ txnId, cardId, amount }) => ({ txnId, cardId, amountCents: cents(amount) }))
      .to(output, { key: string(), value: json() })
  })
}

/** J2 */
export function perMinute({ input, output }: Topics): Topology {
  return topology('per-minute', (t) => {
    t.stream(input, { key: string(), value: json<Transaction>() })
      .groupByKey()
      .windowedBy(tumbling({ size: '1m', grace: '10s' }))
      .aggregate(
        (): Spent => ({ count: 0, sumCents: 0 }),
        ({ count, sumCents }, { amount }) => ({ count: count + 1, sumCents: sumCents + cents(amount) }),
        { value: json<Spent>() },
      )
      .toStream()
      .map((spent, { key, window }) => ({
        key,
        value: spent && { cardId: key, windowStart: window.start, count: spent.count, sumCents: spent.sumCents },
      }))
      .to(output, { key: string(), value: json() })
  })
}
