import type { Command } from 'commander'
import { startBroker } from '../broker/start-broker.ts'
import type { NewBrokerTopic } from '../broker/broker-control.ts'
import type { CliOutput } from './program.ts'
import { UsageError } from './usage-error.ts'

interface BrokerCliOptions {
  readonly port: string
  readonly host: string
  readonly data?: string
  readonly partitions: string
  readonly autoCreateTopics: boolean
  readonly topic: readonly string[]
}

const portMax = 65_535

/** `millrace broker`: until SIGTERM or SIGINT. */
export function addBroker(program: Command, output: CliOutput): void {
  program
    .command('broker')
    .description('run an embedded Kafka broker for development and tests until SIGTERM or SIGINT')
    .option('-p, --port <port>', 'where it listens; 0: a free port', '9092')
    .option('--host <host>', 'where it listens, and what it tells clients', '127.0.0.1')
    .option('-d, --data <folder>', 'keep everything in this folder (default: in memory, gone at the end)')
    .option('-t, --topic <name[:partitions]>', 'create a topic; may be given several times', collect, [])
    .option('--partitions <count>', 'partitions of topics that are created without a count', '1')
    .option('--auto-create-topics', 'let clients create topics by asking for them', false)
    .addHelpText('after', '\nExample:\n  $ millrace broker --port 9092 --data ./data --topic orders:4')
    .action(async (options: BrokerCliOptions) => {
      const broker = await startBroker({
        port: wholeNumber(options.port, 'port', { min: 0, max: portMax }),
        host: options.host,
        partitions: wholeNumber(options.partitions, 'partitions', { min: 1, max: 10_000 }),
        autoCreateTopics: options.autoCreateTopics,
        topics: options.topic.map(topicOf),
        ...(options.data !== undefined && { data: options.data }),
      })
      const where = options.data === undefined ? 'in memory' : `in ${options.data}`
      output.out(`Kafka broker listens on ${broker.bootstrap}, ${where}. Ctrl-C stops it.\n`)
      await stopSignal()
      await broker.stop()
    })
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text]

function topicOf(text: string): NewBrokerTopic {
  const [name = '', partitions] = text.split(':')
  if (partitions === undefined) return { name }
  return { name, partitions: wholeNumber(partitions, `topic ${name}`, { min: 1, max: 10_000 }) }
}

function wholeNumber(text: string, what: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= min && number <= max) return number
  throw new UsageError(`${what}: ${JSON.stringify(text)} is not a whole number from ${min} to ${max}`)
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
