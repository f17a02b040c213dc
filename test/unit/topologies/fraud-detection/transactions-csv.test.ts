import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readAllTransactions } from '../../../../topologies/fraud-detection/transactions-csv.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-fraud-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileWith(name: string, lines: readonly string[]): string {
  const file = join(folder, name)
  const header = 'transaction_id,timestamp_ms,customer_id,terminal_id,amount,fraud,scenario'
  writeFileSync(file, [header, ...lines, ''].join('\n'))
  return file
}

test('files in any order come as one, in order of time; equal times keep the order of their file', async () => {
  const later = fileWith('later.csv', ['4,30,1,1,1,0,0', '2,30,1,1,1,0,0'])
  const earlier = fileWith('earlier.csv', ['9,10,1,1,1,0,0', '5,20,1,1,1,0,0'])
  const transactions = await readAllTransactions([later, earlier])
  expect(transactions.map(({ transactionId }) => transactionId)).toEqual([9, 5, 4, 2])
})

test('an id that is in two files is an error that names it', async () => {
  const files = [fileWith('a.csv', ['7,10,1,1,1,0,0']), fileWith('b.csv', ['7,20,1,1,1,0,0'])]
  await expect(readAllTransactions(files)).rejects.toThrow('transaction 7 is twice in the input')
})
