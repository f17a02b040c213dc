import { describe, expect, test } from 'vitest'
import { expectedOutput } from '../../../benchmarks/peers/expected-output.ts'
import { transactionJson, transactions } from '../../../benchmarks/peers/transactions.ts'

describe('card transactions', () => {
  test('are those of the reference generator, in Java, and so are the answers computed from them', () => {
    expect(expectedOutput('J1', 500_000)).toEqual({ records: 249_646 })
    expect(expectedOutput('J2', 500_000)).toEqual({
      records: 500_000,
      windows: 121_503,
      counted: 500_000,
      sumCents: 7_199_765_670,
    })
  })

  test('are written with the same fields and digits', () => {
    const [first] = [...transactions(1)].map(transactionJson)
    expect(first).toMatch(
      /^\{"txnId":"txn-00000000-0000-4000-8000-00000000","cardId":"card-\d{6}","merchantId":"merchant-\d{5}","amount":\d+\.\d\d,"currency":"[A-Z]{3}","country":"[A-Z]{2}","timestamp":1767225\d{6}\}$/,
    )
  })
})
