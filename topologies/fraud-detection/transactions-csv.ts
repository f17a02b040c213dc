import { parseAmount, parseFlag, parseId, readCsv, type CsvFormat } from './csv-reader.ts'
import type { Transaction } from './schemas.ts'

/** A transaction and what is known of it in hindsight. */
export interface LabelledTransaction extends Transaction {
  readonly fraud: boolean
  /** Which of the generator's fraud scenarios it belongs to: 1, 2 or 3; 0 for none. */
  readonly scenario: number
}

const format: CsvFormat<LabelledTransaction> = {
  headers: ['transaction_id,timestamp_ms,customer_id,terminal_id,amount,fraud,scenario'],
  parse: ([
    transactionId = '',
    time = '',
    customerId = '',
    terminalId = '',
    amount = '',
    fraud = '',
    scenario = '',
  ]) => ({
    transactionId: parseId(transactionId, 'transaction_id'),
    time: parseId(time, 'timestamp_ms'),
    customerId: parseId(customerId, 'customer_id'),
    terminalId: parseId(terminalId, 'terminal_id'),
    amount: parseAmount(amount, 'amount'),
    fraud: parseFlag(fraud, 'fraud'),
    scenario: parseId(scenario, 'scenario'),
  }),
}

/**
 * Reads a file of labelled transactions, plain or gzipped, in chunks and in the file's order.
 *
 * @throws CsvError with file, line and what is wrong
 */
export function readTransactions(file: string): AsyncGenerator<LabelledTransaction[]> {
  return readCsv(file, format)
}

/**
 * All transactions of some files in order of time; those of one time keep the order of their file. The files may come in
 * any order.
 *
 * @throws CsvError with file, line and what is wrong, RangeError for an id that is there twice
 */
export async function readAllTransactions(files: readonly string[]): Promise<LabelledTransaction[]> {
  const transactions: LabelledTransaction[] = []
  for (const file of files) {
    for await (const chunk of readTransactions(file)) transactions.push(...chunk)
  }
  checkIds(transactions)
  return transactions.sort((a, b) => a.time - b.time)
}

function checkIds(transactions: readonly LabelledTransaction[]): void {
  const ids = new Set<number>()
  for (const { transactionId } of transactions) {
    if (ids.has(transactionId)) throw new RangeError(`transaction ${transactionId} is twice in the input`)
    ids.add(transactionId)
  }
}
