/** What every example may name, before it names something itself. The examples run inside `topology('example', (builder) => ...)`. */
export const exampleTypes = `type Payment = { shop: string; amount: number }
type Card = { owner: string; limit: number }
`

/** One declaration per line, by its name: an example is given only those that it uses. */
export const exampleInputs: Readonly<Record<string, string>> = {
  words: "const words = builder.stream('words', { key: string(), value: string() })",
  amounts: "const amounts = builder.stream('amounts', { key: string(), value: json<number>() })",
  refunds: "const refunds = builder.stream('refunds', { key: string(), value: json<number>() })",
  payments: "const payments = builder.stream('payments', { key: string(), value: json<Payment>() }) // by card",
  limits: "const limits = builder.table('limits', { key: string(), value: json<number>() })",
  cards: "const cards = builder.table('cards', { key: string(), value: json<Card>() })",
  owners: "const owners = builder.table('owners', { key: string(), value: string() })",
  cities: "const cities = builder.globalTable('cities', { key: string(), value: string() }) // by shop",
}
