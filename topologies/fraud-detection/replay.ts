import { parseArgs } from 'node:util'
import type { Admin, Kafka } from 'kafkajs'
import { confluentRegistry, createApp, type MillraceApp, type SchemaRegistry } from 'millrace'
import { startBroker } from 'millrace/testing'
import { ensureTopics } from './ensure-topics.ts'
import { feedTopic } from './feed-topic.ts'
import { labelsTopic, transactionsTopic } from './input-topics.ts'
import { connectAdmin, kafkaClient } from './kafka-client.ts'
import { formatCount, progress } from './progress.ts'
import { runCommand } from './run-command.ts'
import { checkComplete, checkWritable, readScored, writeScored } from './scored-output.ts'
import { stableRegistry } from './stable-registry.ts'
import topology from './topology.ts'
import { readAllTransactions, type LabelledTransaction } from './transactions-csv.ts'
import { untilProcessed } from './until-processed.ts'

const help = `Replays files of transactions through the topology and writes the features and the score of each.

  npm run fraud:replay -- --input FILE [--input FILE ...] --output FILE [options]

  --input FILE      labelled transactions, CSV or CSV.gz; may be given more than once
  --output FILE     gets one line per transaction, by id: transaction_id, the features, score
  --broker ADDRESS  host:port of a Kafka broker, several with commas (default: one in this process)
  --registry URL    a Confluent-compatible schema registry (default: one in memory)
  --help            this text

Topics that are missing are created. SIGTERM or Ctrl-C stop it in order, with exit code 143 or 130 and without an
output: the same command on the same broker goes on from there.`

const optionTypes = {
  input: { type: 'string', multiple: true },
  output: { type: 'string' },
  broker: { type: 'string' },
  registry: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

const applicationId = 'fraud-replay'

interface Replay {
  readonly brokers: string
  readonly registry: SchemaRegistry
  readonly transactions: readonly LabelledTransaction[]
  readonly output: string
  readonly signal: AbortSignal
}

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({ options: optionTypes })
  if (values.help) return console.log(help)
  const { input = [], output, broker, registry: url } = values
  if (input.length === 0 || output === undefined) throw new Error(`--input and --output are needed\n\n${help}`)
  await checkWritable(output)
  const transactions = await readAllTransactions(input)
  if (transactions.length === 0) throw new Error('there is not one transaction in the input')
  console.error(`${formatCount(transactions.length)} transactions in ${input.join(', ')}`)
  signal.throwIfAborted()
  const registry = url === undefined ? await stableRegistry() : confluentRegistry({ url })
  if (broker !== undefined) return replay({ brokers: broker, registry, transactions, output, signal })
  const own = await startBroker()
  try {
    await replay({ brokers: own.bootstrap, registry, transactions, output, signal })
  } finally {
    await own.stop()
  }
}

async function replay({ brokers, registry, transactions, output, signal }: Replay): Promise<void> {
  const kafka = kafkaClient(brokers)
  const admin = await connectAdmin(kafka, brokers)
  try {
    const app = createApp(topology, { applicationId, brokers, schemaRegistry: registry })
    await feed(kafka, admin, { app, registry, transactions, signal })
    const summary = await run(app, admin, { total: transactions.length, signal })
    const results = await readScored(kafka, admin, { registry, signal })
    checkComplete(transactions, results)
    await writeScored(output, results, signal)
    console.log(
      `${summary}; ${formatCount(results.rows.size)} transactions in ${output}, ${results.duplicates} duplicates`,
    )
  } finally {
    await admin.disconnect()
  }
}

/**
 * Every label first, and everything before the app starts: a transaction looks back at labels, so they must be there
 * when it is read.
 */
async function feed(
  kafka: Kafka,
  admin: Admin,
  { app, registry, transactions, signal }: Pick<Replay, 'registry' | 'transactions' | 'signal'> & { app: MillraceApp },
): Promise<void> {
  const partitionCount = await ensureTopics(admin, app.plan)
  for (const input of [await labelsTopic(registry), await transactionsTopic(registry)]) {
    const onProgress = progress(`in ${input.topic}`, transactions.length)
    await feedTopic(kafka, admin, { input, partitionCount, transactions, onProgress, signal })
  }
}

/** Starts the app and stops it when all is processed, or when it is told to; with everything committed in both cases. */
async function run(
  app: MillraceApp,
  admin: Admin,
  { total, signal }: { readonly total: number; readonly signal: AbortSignal },
): Promise<string> {
  let startedAt = 0
  const onProgress = progress('scored', total)
  const stop = (): void => void app.stop().catch(() => undefined)
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    await app.start()
    startedAt = process.uptime()
    await untilProcessed(admin, app, { onProgress, signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    await app.stop()
  }
  const seconds = process.uptime() - startedAt
  const { recordsIn } = app.metrics()
  return `${formatCount(recordsIn)} records processed in ${seconds.toFixed(1)} s, ${formatCount(recordsIn / seconds)} records/s`
}

await runCommand(main)
