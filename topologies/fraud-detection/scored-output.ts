import { access, constants, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Admin, Kafka } from 'kafkajs'
import { avro, type SchemaRegistry } from 'millrace'
import { openFeaturesWriter, type FeaturesRow } from './features-csv.ts'
import { topicOffsets } from './offsets.ts'
import { readAll } from './read-topic.ts'
import { scoredTransactionSchema, type ScoredTransaction } from './schemas.ts'
import { topicNames } from './topic-names.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

const chunkRows = 5_000

type ScoredRow = FeaturesRow & { readonly score: number }

export interface ScoredResults {
  readonly rows: ReadonlyMap<number, ScoredRow>
  /** Records beyond the first of a transaction; the last one counts. */
  readonly duplicates: number
}

/** Everything that the topic holds now. */
export async function readScored(
  kafka: Kafka,
  admin: Admin,
  { registry, signal }: { readonly registry: SchemaRegistry; readonly signal: AbortSignal },
): Promise<ScoredResults> {
  const topic = topicNames.scored
  const serde = await avro<ScoredTransaction>(scoredTransactionSchema).bind!({ topic, part: 'value', registry })
  const { high } = await topicOffsets(admin, topic)
  const rows = new Map<number, ScoredRow>()
  let count = 0
  const onRecord = ({ transactionId, features, score }: ScoredTransaction): void => {
    rows.set(transactionId, { transactionId, features, score })
    count++
  }
  await readAll(kafka, { topic, serde, onRecord }, high, signal)
  return { rows, duplicates: count - rows.size }
}

/** @throws Error when a transaction has no result, or a result no transaction */
export function checkComplete(transactions: readonly LabelledTransaction[], { rows }: ScoredResults): void {
  const missing = transactions.filter(({ transactionId }) => !rows.has(transactionId))
  if (missing.length > 0)
    throw new Error(
      `${missing.length} of ${transactions.length} transactions have no result; the first is ${missing[0]!.transactionId}`,
    )
  if (rows.size > transactions.length)
    throw new Error(
      `${topicNames.scored} has results of ${rows.size - transactions.length} transactions that are not in the input`,
    )
}

/** @throws Error when there is no place for the file */
export async function checkWritable(file: string): Promise<void> {
  const folder = dirname(resolve(file))
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new Error(`cannot write ${file}: ${folder} is no folder that can be written to`, { cause })
  })
}

/** By transaction id. The file appears when it is complete, in place of one that is there. */
export async function writeScored(file: string, { rows }: ScoredResults, signal: AbortSignal): Promise<void> {
  const sorted = [...rows.values()].sort((a, b) => a.transactionId - b.transactionId)
  const partial = `${file}.partial`
  try {
    const writer = await openFeaturesWriter(partial)
    for (let from = 0; from < sorted.length && !signal.aborted; from += chunkRows)
      await writer.write(sorted.slice(from, from + chunkRows))
    await writer.close()
    signal.throwIfAborted()
    await rename(partial, file)
  } finally {
    await rm(partial, { force: true })
  }
}
