import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { seededRandom } from 'millrace'
import { generateTransactions } from './generator.ts'
import { defaultPeriods, parsePeriod, type Period, type Periods } from './periods.ts'
import { publishedTransactions } from './published-data.ts'
import { trainModel } from './training.ts'
import { readAllTransactions, type LabelledTransaction } from './transactions-csv.ts'

const help = `Trains the fraud model and writes it as JSON.

  npm run fraud:train -- [options]

  --input FILE       labelled transactions, CSV or CSV.gz; may be given more than once
                     (default: the published files if they lie beside the project, else generated transactions)
  --output FILE      where the model goes (default: topologies/fraud-detection/model.json)
  --train PERIOD     what to learn from, for example 2018-05-06..2018-06-03, the second day excluded
  --validate PERIOD  where the threshold with the best F1 is chosen
  --test PERIOD      where the metrics are measured
                     (defaults: the last week is the test; a week that ended 7 days before it the validation; up to
                     four weeks that ended 7 days before that are learnt from; all of them shorter for less than 7 weeks of data)
  --help             this text`

const generated = { customers: 2_000, terminals: 4_000, days: 90, start: Date.UTC(2024, 0, 1) }
const generatedSeed = 1

const optionTypes = {
  input: { type: 'string', multiple: true },
  output: { type: 'string', default: fileURLToPath(new URL('model.json', import.meta.url)) },
  train: { type: 'string' },
  validate: { type: 'string' },
  test: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

type Options = ReturnType<typeof parseArgs<{ options: typeof optionTypes }>>['values']

async function train(options: Options): Promise<void> {
  const files = options.input ?? publishedTransactions()
  const transactions =
    files.length > 0
      ? await readAllTransactions(files)
      : [...generateTransactions(generated, seededRandom(generatedSeed))].flat()
  const source =
    files.length > 0 ? files.map((file) => basename(file)).join(', ') : `generated transactions, seed ${generatedSeed}`
  console.log(`${transactions.length} transactions from ${source}`)
  const model = trainModel(transactions, choosePeriods(transactions, options), source)
  writeFileSync(options.output, `${JSON.stringify(model, null, 2)}\n`)
  const { trainedOn, validatedOn, testedOn, threshold, metrics } = model
  console.log({ trainedOn, validatedOn, testedOn, threshold, metrics })
  console.log(`wrote ${options.output}`)
}

/** The defaults need data that are long enough for them; periods that are given do not. */
function choosePeriods(transactions: readonly LabelledTransaction[], options: Options): Periods {
  const [first, last] = [transactions[0], transactions.at(-1)]
  if (first === undefined || last === undefined) throw new RangeError('there is not one transaction in the input')
  const choose = (name: keyof Periods): Period => {
    const text = options[name]
    return text === undefined ? defaultPeriods({ from: first.time, to: last.time })[name] : parsePeriod(text)
  }
  return { train: choose('train'), validate: choose('validate'), test: choose('test') }
}

try {
  const { values } = parseArgs({ options: optionTypes })
  if (values.help) console.log(help)
  else await train(values)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
