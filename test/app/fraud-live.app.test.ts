import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createApp, seededRandom } from 'millrace'
import { expect, test } from 'vitest'
import { batchFeatures } from '../../topologies/fraud-detection/batch-features.ts'
import { ensureTopics } from '../../topologies/fraud-detection/ensure-topics.ts'
import { feedLive } from '../../topologies/fraud-detection/feed-live.ts'
import { generateTransactions } from '../../topologies/fraud-detection/generator.ts'
import { labelsTopic, transactionsTopic } from '../../topologies/fraud-detection/input-topics.ts'
import { connectAdmin, kafkaClient } from '../../topologies/fraud-detection/kafka-client.ts'
import { readScored } from '../../topologies/fraud-detection/scored-output.ts'
import { stableRegistry } from '../../topologies/fraud-detection/stable-registry.ts'
import topology from '../../topologies/fraud-detection/topology.ts'
import { untilProcessed } from '../../topologies/fraud-detection/until-processed.ts'
import { isRealKafka, startAppBroker } from '../support/app-broker.ts'

const timeout = 600_000
const project = join(import.meta.dirname, '../..')

test(
  'transactions and labels that are fed while the app runs give the features of the batch',
  { timeout },
  async () => {
    const data = { customers: 100, terminals: 120, days: 40, start: Date.UTC(2024, 0, 1) }
    const days = [...generateTransactions(data, seededRandom(11))]
    const server = await startAppBroker()
    const kafka = kafkaClient(server.bootstrap)
    const admin = await connectAdmin(kafka, server.bootstrap)
    const registry = await stableRegistry()
    const app = createApp(topology, { applicationId: 'live', brokers: server.bootstrap, schemaRegistry: registry })
    const { signal } = new AbortController()
    try {
      const partitionCount = await ensureTopics(admin, app.plan)
      await app.start()
      const inputs = { transactionsTopic: await transactionsTopic(registry), labelsTopic: await labelsTopic(registry) }
      await feedLive(kafka, { ...inputs, partitionCount, days, signal, onFed: () => undefined })
      await untilProcessed(admin, app, { signal, onProgress: () => undefined })
      const { rows, duplicates } = await readScored(kafka, admin, { registry, signal })
      const transactions = days.flat()
      const featuresAt = batchFeatures(transactions)
      expect(duplicates).toBe(0)
      expect(transactions.map(({ transactionId }) => rows.get(transactionId)?.features)).toEqual(
        transactions.map((_, index) => featuresAt(index)),
      )
    } finally {
      await app.stop()
      await admin.disconnect()
      await server.stop()
    }
  },
)

interface Demo {
  readonly lines: readonly string[]
  readonly exitCode: number | null
}

async function runDemo(args: readonly string[], onLine: (line: string, stop: () => void) => void): Promise<Demo> {
  // Vitest's own environment must not reach it: KafkaJS has other time-outs under NODE_ENV=test.
  const { NODE_ENV: _mode, ...env } = process.env
  const options = isRealKafka() ? [...args, '--kafka'] : args
  const command = ['--import', 'tsx', '--conditions=source', 'topologies/fraud-detection/demo.ts', ...options]
  const demo = spawn(process.execPath, command, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const ended = [once(demo, 'exit')]
  for (const input of [demo.stdout, demo.stderr]) {
    const reader = createInterface({ input })
    ended.push(once(reader, 'close'))
    reader.on('line', (line) => {
      lines.push(line)
      onLine(line, () => demo.kill('SIGINT'))
    })
  }
  await Promise.all(ended)
  return { lines, exitCode: demo.exitCode }
}

test('the demo shows alerts, ends with a summary and exits 0', { timeout }, async () => {
  const { lines, exitCode } = await runDemo(['--customers', '150', '--days', '40', '--seed', '3'], () => undefined)
  expect({ exitCode, lines }).toMatchObject({ exitCode: 0 })
  expect(lines.some((line) => /^ALERT 2024-\d\d-\d\d \d\d:\d\d {2}customer \d+ at terminal \d+, \$/.test(line))).toBe(
    true,
  )
  expect(lines.at(-2)).toMatch(/^[\d,]+ records processed in [\d.]+ s: [\d,]+ records\/s/)
  expect(lines.at(-1)).toMatch(/^[\d,]+ alerts for [\d,]+ frauds: precision [01]\.\d\d, recall [01]\.\d\d$/)
})

test('Ctrl-C ends the demo in order', { timeout }, async () => {
  const { lines, exitCode } = await runDemo(['--customers', '150'], (line, stop) => {
    if (line.includes('is running')) stop()
  })
  expect({ exitCode, lines }).toMatchObject({ exitCode: 130 })
  expect(lines.at(-1)).toBe('stopped by SIGINT')
})
