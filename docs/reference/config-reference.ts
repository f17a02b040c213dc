import { configTable } from '../../src/app/config-table.ts'
import type { ConfigRow } from '../../src/app/config-row.ts'

const header = `# Configuration

Generated from \`src/app/config-table.ts\` by \`npm run docs\`; do not edit. Durations are milliseconds, or texts such as
\`'250ms'\`, \`'5s'\`, \`'10m'\`, \`'1h'\`. Unknown settings and contradicting pairs are errors, all reported at once.

| setting | what it does | type | default | range | importance | in Kafka |
| --- | --- | --- | --- | --- | --- | --- |
`

/** The text of docs/reference/config.md. */
export function configReference(): string {
  return header + configTable.map(renderRow).join('')
}

function renderRow(row: ConfigRow): string {
  const cells = [
    `\`${row.key}\``,
    row.doc,
    typeOf(row),
    fallbackOf(row),
    rangeOf(row),
    row.importance,
    row.kafka ?? '-',
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
}

function typeOf(row: ConfigRow): string {
  if (row.type === 'choice') return row.choices.map((choice) => `\`${choice}\``).join(', ')
  if (row.type === 'integer' && row.unit !== '') return `integer (${row.unit})`
  return row.type
}

function fallbackOf(row: ConfigRow): string {
  return row.fallback === null ? '-' : `\`${String(row.fallback)}\``
}

function rangeOf(row: ConfigRow): string {
  return row.type === 'integer' || row.type === 'duration' ? `${row.min} to ${row.max}` : '-'
}
