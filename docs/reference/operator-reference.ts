import { exampleInputs, exampleTypes } from './example-frame.ts'
import { factTags, readOperatorDocs, type FactTag, type OperatorDoc, type OperatorGroup } from './operator-docs.ts'

const header = `# Operators

Generated from the doc comments of \`src/dsl\` by \`npm run docs\`; do not edit. Every operator of the DSL: what it does, what becomes of
key and partitioning, of nulls, of late and out-of-order records, what goes wrong and how, and an example.

Mistakes in a declaration (a negative grace, two steps of one name, a store without a serde) are not listed with each operator: \`topology()\`
and the planner report all of them at once as a \`TopologyError\`, before anything is read. "Dropped and counted" means the metric of
dropped records, by reason. What the handlers \`decode\`, \`process\` and \`produce\` may answer: [errors](errors.md).

## How to read the examples

Each is run by a test. It stands inside \`topology('example', (builder) => { ... })\` and may use:

\`\`\`ts
${exampleTypes}
${Object.values(exampleInputs).join('\n')}
\`\`\`

\`// amounts <- ['ann', 5, '1s']\` pipes records into a topic: key, value, and event time (0 where it is left out).
\`// large -> ['ann', 5, '1s']\` is all that has come out of \`large\` (a stream or table of the example, or a topic that it writes) since
the lines before. \`ann@0..60000\` is a windowed key: its key, and the window's bounds in milliseconds.
`

const labels: Readonly<Record<FactTag, string>> = {
  key: 'Key and partitioning',
  nulls: 'Nulls',
  time: 'Time and late records',
  throws: 'Errors',
}

/** The text of docs/reference/operators.md. */
export function operatorReference(): string {
  const groups = readOperatorDocs()
  return [header, tableOfContents(groups), ...groups.map(renderGroup)].join('\n')
}

function tableOfContents(groups: readonly OperatorGroup[]): string {
  return groups.map(({ title, operators }) => `- ${title}: ${operators.map(linkTo).join(', ')}\n`).join('')
}

function linkTo({ name }: OperatorDoc): string {
  return `[${name.split('.').at(-1)}](#${name.replaceAll('.', '').toLowerCase()})`
}

function renderGroup({ title, about, operators }: OperatorGroup): string {
  const intro = about === '' ? '' : `\n${about}\n`
  return `## ${title}\n${intro}\n${operators.map(renderOperator).join('\n')}`
}

function renderOperator({ name, text, signatures, facts, parameters, example }: OperatorDoc): string {
  const items = [
    ...parameters.map((parameter) => `- \`${parameter.name}\`: ${oneLine(parameter.text)}`),
    ...factTags.flatMap((tag) => (facts[tag] === undefined ? [] : [`- ${labels[tag]}: ${oneLine(facts[tag])}`])),
  ]
  const parts = [`### ${name}`, code(signatures.join('\n')), text, items.join('\n'), code(example ?? '')]
  return parts.filter((part) => part !== '').join('\n\n') + '\n'
}

function code(text: string): string {
  return text === '' ? '' : `\`\`\`ts\n${text}\n\`\`\``
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}
