import { parseArgs } from 'node:util'
import type { Admin, Kafka } from 'kafkajs'
import { avro, confluentRegistry, createApp, seededRandom, type MillraceApp, type SchemaRegistry } from 'millrace'
import { AlertWatch } from './alert-watch.ts'
import { ensureTopics } from './ensure-topics.ts'
import { feedLive } from './feed-live.ts'
import { generateTransactions, type GeneratorOptions } from './generator.ts'
import { labelsTopic, transactionsTopic } from './input-topics.ts'
import { connectAdmin, kafkaClient } from './kafka-client.ts'
import { topicOffsets } from './offsets.ts'
import { formatDay } from './periods.ts'
import { formatCount } from './progress.ts'
import { readTopic, type TopicReading } from './read-topic.ts'
import { runCommand } from './run-command.ts'
import { fraudAlertSchema, type FraudAlert } from './schemas.ts'
import { createScreen, type Screen } from './screen.ts'
import { startServers, type Servers } from './servers.ts'
import { topicNames } from './topic-names.ts'
import topology from './topology.ts'
import { untilProcessed } from './until-processed.ts'

const help = `Shows the fraud detection at work: starts a Kafka broker, a schema registry and the app, feeds generated card
transactions and their labels in order of time, prints alerts as they come, ends with a summary and leaves nothing
behind. About a minute.

  npm run demo [-- options]

  --customers N  how many pay with cards, about two payments a day each (default 1000); twice as many terminals
  --days N       how long (default 60)
  --seed N       another number, other transactions (default 1)
  --kafka        on Apache Kafka itself (needs Java 17 and Maven) in place of the broker that Millrace brings
  --help         this text`

const optionTypes = {
  customers: { type: 'string', default: '1000' },
  days: { type: 'string', default: '60' },
  seed: { type: 'string', default: '1' },
  kafka: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

interface Demo {
  readonly kafka: Kafka
  readonly admin: Admin
  readonly app: MillraceApp
  readonly registry: SchemaRegistry
  readonly data: GeneratorOptions
  readonly seed: number
  readonly screen: Screen
  /** Of the user, or the app's failure. */
  readonly signal: AbortSignal
}

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({ options: optionTypes })
  if (values.help) return console.log(help)
  const customers = wholeNumber('customers', values.customers)
  const data = {
    customers,
    terminals: 2 * customers,
    days: wholeNumber('days', values.days),
    start: Date.UTC(2024, 0, 1),
  }
  const seed = wholeNumber('seed', values.seed)
  const screen = createScreen(process.stdout)
  if (values.kafka) screen.line('starting Apache Kafka (the first time its jars are fetched, which takes longer)')
  const servers = await startServers({ realKafka: values.kafka })
  try {
    signal.throwIfAborted()
    screen.line(`a Kafka broker listens on ${servers.brokers}, a schema registry on ${servers.registryUrl}`)
    await show({ servers, data, seed, screen, signal })
  } finally {
    await servers.stop()
  }
}

async function show({
  servers: { brokers, registryUrl: url },
  signal,
  ...rest
}: Pick<Demo, 'data' | 'seed' | 'screen' | 'signal'> & { readonly servers: Servers }): Promise<void> {
  const registry = confluentRegistry({ url })
  const app = createApp(topology, { applicationId: 'fraud-demo', brokers, schemaRegistry: { url } })
  const failed = new AbortController()
  app.on('error', (error) => failed.abort(error))
  const kafka = kafkaClient(brokers)
  const admin = await connectAdmin(kafka, brokers)
  try {
    const partitionCount = await ensureTopics(admin, app.plan)
    await app.start()
    await watch(
      { ...rest, kafka, admin, app, registry, signal: AbortSignal.any([signal, failed.signal]) },
      partitionCount,
    )
  } finally {
    // The failure of an app is thrown above; here it would only hide it.
    await app.stop().catch(() => undefined)
    await admin.disconnect()
  }
}

async function watch(demo: Demo, partitionCount: number): Promise<void> {
  const { admin, app, screen, signal } = demo
  const alerts = new AlertWatch(screen)
  const reading = await readAlerts(demo, alerts)
  try {
    screen.line(`${app.plan.applicationId} is ${app.state}; alerts are those of the checked-in model`)
    const startedAt = process.uptime()
    const fed = await feed(demo, alerts, partitionCount)
    const onProgress = (scored: number): void => screen.status(`${formatCount(scored)} scored of ${formatCount(fed)}`)
    await untilProcessed(admin, app, { onProgress, signal })
    const seconds = process.uptime() - startedAt
    await reading.reached((await topicOffsets(admin, topicNames.alerts)).high, signal)
    const { recordsIn } = app.metrics()
    screen.status('')
    screen.line(
      `${formatCount(recordsIn)} records processed in ${seconds.toFixed(1)} s: ${formatCount(recordsIn / seconds)} records/s, fed and watched by the same process`,
    )
    screen.line(alerts.summary())
  } finally {
    await reading.close()
  }
}

async function readAlerts({ kafka, registry }: Demo, alerts: AlertWatch): Promise<TopicReading> {
  const topic = topicNames.alerts
  const serde = await avro<FraudAlert>(fraudAlertSchema).bind!({ topic, part: 'value', registry })
  return readTopic(kafka, { topic, serde, onRecord: (alert) => alerts.show(alert) })
}

/** @returns how many transactions */
async function feed(demo: Demo, alerts: AlertWatch, partitionCount: number): Promise<number> {
  const { kafka, registry, app, data, seed, screen, signal } = demo
  let fed = 0
  await feedLive(kafka, {
    transactionsTopic: await transactionsTopic(registry),
    labelsTopic: await labelsTopic(registry),
    partitionCount,
    days: generateTransactions(data, seededRandom(seed)),
    signal,
    onFed(transactions) {
      fed += transactions.length
      alerts.learn(transactions)
      const day = formatDay(transactions.at(-1)!.time)
      const { recordsIn } = app.metrics()
      screen.status(
        `${day}: ${formatCount(fed)} transactions fed, ${formatCount(recordsIn)} records processed, ${formatCount(alerts.count)} alerts`,
      )
    },
  })
  return fed
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Error(`--${option} is ${JSON.stringify(text)}: give a whole number from 1`)
  return Number(text)
}

await runCommand(main)
