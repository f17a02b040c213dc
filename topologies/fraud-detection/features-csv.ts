import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { parseAmount, parseId, readCsv, type CsvFormat } from './csv-reader.ts'
import { featureNames, type Features } from './features.ts'

export interface FeaturesRow {
  readonly transactionId: number
  readonly features: Features
  /** In [0, 1]; null in files without scores. */
  readonly score: number | null
}

const columns = ['transaction_id', ...featureNames]

export const featuresHeader: string = [...columns, 'score'].join(',')

const format: CsvFormat<FeaturesRow> = {
  headers: [featuresHeader, columns.join(',')],
  parse: (fields) => ({
    transactionId: parseId(fields[0] ?? '', 'transaction_id'),
    features: Object.fromEntries(
      featureNames.map((name, index) => [name, parseAmount(fields[index + 1] ?? '', name)]),
    ) as Features,
    score: fields.length > columns.length ? parseAmount(fields[columns.length] ?? '', 'score') : null,
  }),
}

/**
 * Reads a file of features, with or without scores, plain or gzipped, in chunks and in the file's order.
 *
 * @throws CsvError with file, line and what is wrong
 */
export function readFeatures(file: string): AsyncGenerator<FeaturesRow[]> {
  return readCsv(file, format)
}

/** One line without its end. Numbers are written with all their digits: rounding is left to who compares them. */
function formatFeatures(row: FeaturesRow & { readonly score: number }): string {
  return [row.transactionId, ...featureNames.map((name) => row.features[name]), row.score].join(',')
}

export interface FeaturesWriter {
  /** Resolves when the file can take more. */
  write(rows: readonly (FeaturesRow & { readonly score: number })[]): Promise<void>
  /** Resolves when everything is in the file. */
  close(): Promise<void>
}

/** Creates the file, or replaces it, with the header in it. Rejects when the file cannot be written. */
export async function openFeaturesWriter(file: string): Promise<FeaturesWriter> {
  const output = createWriteStream(file)
  await once(output, 'open')
  const done = finished(output)
  // `close` reports a failure; without this one that comes before `close` would end the process as an unhandled rejection.
  done.catch(() => undefined)
  output.write(`${featuresHeader}\n`)
  return {
    async write(rows) {
      const text = rows.map((row) => `${formatFeatures(row)}\n`).join('')
      if (!output.write(text)) await Promise.race([once(output, 'drain'), done])
    },
    async close() {
      output.end()
      await done
    },
  }
}
