import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside the project, where the published files may lie; nothing depends on them. */
const folder = fileURLToPath(new URL('../../../shared/data/card-transactions/', import.meta.url))

/** The published transactions, a file a month in the order of time; none when they are not at hand. */
export function publishedTransactions(): string[] {
  if (!existsSync(folder)) return []
  const months = readdirSync(folder).filter((name) => /^\d{4}-\d{2}\.csv\.gz$/.test(name))
  return months.toSorted().map((name) => folder + name)
}

/** The handbook's own features of 15 to 21 May 2018; null when they are not at hand. */
export function publishedFeatures(): string | null {
  const file = `${folder}features-2018-05-15_21.csv.gz`
  return existsSync(file) ? file : null
}
