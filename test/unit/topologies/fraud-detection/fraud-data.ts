import { seededRandom } from '../../../../src/core/random.ts'
import { generateTransactions, type GeneratorOptions } from '../../../../topologies/fraud-detection/generator.ts'
import type { LabelledTransaction } from '../../../../topologies/fraud-detection/transactions-csv.ts'

export const firstDay: number = Date.UTC(2024, 0, 1)

export function generate(options: Partial<GeneratorOptions> & { readonly seed?: number } = {}): LabelledTransaction[] {
  const { seed = 7, ...rest } = options
  return [
    ...generateTransactions({ customers: 50, terminals: 60, days: 50, start: firstDay, ...rest }, seededRandom(seed)),
  ].flat()
}

/** A transaction of one customer at one terminal, unless told otherwise. */
export function transaction(parts: Partial<LabelledTransaction>): LabelledTransaction {
  return {
    transactionId: 0,
    time: firstDay,
    customerId: 1,
    terminalId: 1,
    amount: 10,
    fraud: false,
    scenario: 0,
    ...parts,
  }
}
