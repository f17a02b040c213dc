import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { featureNames, type Features } from '../../../../topologies/fraud-detection/features.ts'
import {
  featuresHeader,
  openFeaturesWriter,
  readFeatures,
  type FeaturesRow,
} from '../../../../topologies/fraud-detection/features-csv.ts'
import { readTransactions } from '../../../../topologies/fraud-detection/transactions-csv.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-fraud-csv-'))
afterAll(() => rmSync(folder, { recursive: true }))

const header = 'transaction_id,timestamp_ms,customer_id,terminal_id,amount,fraud,scenario'
const line = '1,1522540930000,4961,3412,81.51,0,0'

function fileWith(content: string | Uint8Array, name = 'transactions.csv'): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

async function readAll<Row>(chunks: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const chunk of chunks) rows.push(...chunk)
  return rows
}

test('a line becomes a transaction with its label', async () => {
  const rows = await readAll(readTransactions(fileWith(`${header}\n${line}\n2,1522541276000,2,1365,146.0,1,3\n`)))
  expect(rows).toEqual([
    {
      transactionId: 1,
      time: 1_522_540_930_000,
      customerId: 4961,
      terminalId: 3412,
      amount: 81.51,
      fraud: false,
      scenario: 0,
    },
    {
      transactionId: 2,
      time: 1_522_541_276_000,
      customerId: 2,
      terminalId: 1365,
      amount: 146,
      fraud: true,
      scenario: 3,
    },
  ])
})

test('gzip, Windows line ends and a missing last line end make no difference', async () => {
  const plain = await readAll(readTransactions(fileWith(`${header}\n${line}\n${line}\n`)))
  const other = await readAll(
    readTransactions(fileWith(gzipSync(`${header}\r\n${line}\r\n${line}`), 'transactions.csv.gz')),
  )
  expect(other).toEqual(plain)
})

test('a file of many chunks comes whole and in order', async () => {
  const lines = Array.from({ length: 50_000 }, (_, id) => `${id},1522540930000,4961,3412,81.51,0,0`)
  const rows = await readAll(readTransactions(fileWith(gzipSync([header, ...lines].join('\n')), 'many.csv.gz')))
  expect(rows.map(({ transactionId }) => transactionId)).toEqual(lines.map((_, id) => id))
})

test.each([
  ['', 'line 1: the file is empty'],
  ['id,amount\n1,2\n', 'line 1: the header is "id,amount", expected "transaction_id,'],
  [`${header}\n${line}\n1,2\n`, 'line 3: 2 fields where the header has 7'],
  [`${header}\n${line}\n\n${line}\n`, 'line 3: 1 fields where the header has 7'],
  [`${header}\n-1,1522540930000,4961,3412,81.51,0,0\n`, 'line 2: transaction_id is "-1", not a whole number >= 0'],
  [`${header}\n1,,4961,3412,81.51,0,0\n`, 'line 2: timestamp_ms is "", not a whole number >= 0'],
  [`${header}\n1,99999999999999999999,4961,3412,81.51,0,0\n`, 'line 2: timestamp_ms is "99999999999999999999"'],
  [`${header}\n${line}\n1,1522540930000,4961,3412,much,0,0\n`, 'line 3: amount is "much", not a number >= 0'],
  [`${header}\n1,1522540930000,4961,3412,81.51,yes,0\n`, 'line 2: fraud is "yes", not 0 or 1'],
])('a mistake is named with file and line: %j', async (content, message) => {
  const file = fileWith(content, 'wrong.csv')
  await expect(readAll(readTransactions(file))).rejects.toThrow(`${file}, ${message}`)
})

test('a gzip file that was cut off is an error, not a short file', async () => {
  const lines = Array.from({ length: 20_000 }, (_, id) => `${id},1522540930000,4961,3412,${id}.5,0,0`)
  const whole = gzipSync([header, ...lines].join('\n'))
  const file = fileWith(whole.subarray(0, whole.length / 2), 'cut.csv.gz')
  await expect(readAll(readTransactions(file))).rejects.toThrow(/cut\.csv\.gz, line \d+: .*unexpected end of file/)
})

test('a file that is missing is an error that names it', async () => {
  await expect(readAll(readTransactions(join(folder, 'none.csv.gz')))).rejects.toThrow(/none\.csv\.gz.*ENOENT/)
})

test('features come back from a file as they were written, to the last digit', async () => {
  const features = Object.fromEntries(featureNames.map((name, index) => [name, index / 3])) as Features
  const rows: (FeaturesRow & { score: number })[] = Array.from({ length: 3_000 }, (_, transactionId) => ({
    transactionId,
    features,
    score: 1e-9 / 3,
  }))
  const file = join(folder, 'features.csv')
  const writer = await openFeaturesWriter(file)
  await writer.write(rows.slice(0, 1_000))
  await writer.write(rows.slice(1_000))
  await writer.close()
  expect(await readAll(readFeatures(file))).toEqual(rows)
})

test('features without scores are read with a score of null', async () => {
  const columns = featuresHeader.split(',').slice(0, -1)
  const rows = await readAll(
    readFeatures(fileWith(`${columns.join(',')}\n${columns.map((_, index) => index).join(',')}\n`)),
  )
  expect(rows[0]).toMatchObject({
    transactionId: 0,
    features: { during_weekend: 1, terminal_risk_30d: 14 },
    score: null,
  })
})

test('a features file in a folder that does not exist is refused at once', async () => {
  await expect(openFeaturesWriter(join(folder, 'none', 'features.csv'))).rejects.toThrow('ENOENT')
})
