import { Command, CommanderError, Option } from 'commander'
import type { AppConfig } from '../app/app-config.ts'
import { createApp } from '../app/create-app.ts'
import { runApp } from '../app/run-app.ts'
import type { Clock } from '../core/clock.ts'
import { ConfigError, TopologyError } from '../core/errors.ts'
import { describePlan } from '../planner/describe.ts'
import type { DescribeFormat } from '../planner/describe.ts'
import { planTopology } from '../planner/plan-topology.ts'
import { fingerprintHash, fingerprintOf } from '../planner/topology-fingerprint.ts'
import type { KafkaPort } from '../runtime/port.ts'
import { addDlq } from './dlq.ts'
import { addBroker } from './broker-command.ts'
import { loadTopology } from './load-topology.ts'
import { UsageError } from './usage-error.ts'

/** Where the command writes. */
export interface CliOutput {
  out(text: string): void
  err(text: string): void
}

/** What tests put in the place of Kafka and of time. */
export interface CliSurroundings {
  readonly port?: KafkaPort
  readonly clock?: Clock
}

/** 0: done. 1: it ran and failed. 2: it was given something wrong: arguments, file, topology or config. */
export type ExitCode = 0 | 1 | 2

interface RunOptions {
  readonly brokers?: string
  readonly applicationId?: string
  readonly registry?: string
}

/** Runs the `millrace` command. `args` are those after the command's name. */
export async function runCli(
  args: readonly string[],
  output: CliOutput,
  surroundings: CliSurroundings = {},
): Promise<ExitCode> {
  const program = createProgram(output, surroundings)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    output.err(`millrace: ${describeError(error, program.opts<{ verbose?: boolean }>().verbose === true)}\n`)
    return error instanceof UsageError || error instanceof ConfigError || error instanceof TopologyError ? 2 : 1
  }
}

function createProgram(output: CliOutput, surroundings: CliSurroundings): Command {
  const program = new Command('millrace')
  program
    .description('Stream processing on Apache Kafka.')
    .option('-v, --verbose', 'show where an error came from')
    .exitOverride()
    .configureOutput({ writeOut: (text) => output.out(text), writeErr: (text) => output.err(text) })
    .showHelpAfterError('(millrace --help shows what there is)')
    .addHelpText(
      'after',
      `
A FILE exports a topology as its default. TypeScript: NODE_OPTIONS='--import tsx' npx millrace ...

Examples:
  $ millrace run ./topology.js --brokers localhost:9092
  $ millrace describe ./topology.js
  $ millrace describe ./topology.js --format dot | dot -Tsvg > topology.svg
  $ millrace dlq list dead-letters
  $ millrace broker --port 9092 --data ./data

Exit codes: 0 done, 1 failed while running, 2 wrong arguments, file, topology or config.`,
    )
  addRun(program, output)
  addDescribe(program, output)
  addDlq(program, output, surroundings)
  addBroker(program, output)
  return program
}

function addRun(program: Command, output: CliOutput): void {
  program
    .command('run')
    .description('run a topology until SIGTERM or SIGINT (a second one does not wait)')
    .argument('<file>', 'module whose default export is a topology')
    .option('-b, --brokers <list>', 'host:port of some brokers, comma-separated (default: localhost:9092)')
    .option('-a, --application-id <id>', "consumer group and prefix of internal topics (default: the topology's name)")
    .option('-r, --registry <url>', 'schema registry, for topologies with Avro')
    .addHelpText(
      'after',
      '\nExample:\n  $ millrace run ./topology.js --brokers kafka-1:9092,kafka-2:9092 --registry http://localhost:8081',
    )
    .action(async (file: string, options: RunOptions) => {
      const topology = await loadTopology(file)
      const app = createApp(topology, configOf(options))
      app.on('state', ({ to }) => output.err(`${app.plan.applicationId}: ${to}\n`))
      await runApp(app)
    })
}

function configOf({ brokers, applicationId, registry }: RunOptions): AppConfig {
  return {
    ...(brokers !== undefined && { brokers }),
    ...(applicationId !== undefined && { applicationId }),
    ...(registry !== undefined && { schemaRegistry: { url: registry } }),
  }
}

function addDescribe(program: Command, output: CliOutput): void {
  program
    .command('describe')
    .description('print what a topology becomes: sub-topologies, internal topics, stores; needs no broker')
    .argument('<file>', 'module whose default export is a topology')
    .addOption(new Option('-f, --format <format>', 'how to print it').choices(['text', 'json', 'dot']).default('text'))
    .option('-a, --application-id <id>', "prefix of internal topics (default: the topology's name)")
    .addHelpText('after', '\nExample:\n  $ millrace describe ./topology.js --format dot | dot -Tsvg > topology.svg')
    .action(async (file: string, options: { readonly format: DescribeFormat; readonly applicationId?: string }) => {
      const topology = await loadTopology(file)
      const plan = planTopology(topology, { applicationId: options.applicationId ?? topology.name })
      output.out(`${describePlan(plan, options.format).trimEnd()}\n`)
      if (options.format === 'text') output.out(`\nFingerprint: ${fingerprintHash(fingerprintOf(plan))}\n`)
    })
}

/** Messages alone, down the chain of causes; stacks only when asked for. */
function describeError(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return String(error)
  const text = verbose ? (error.stack ?? error.message) : error.message
  const { cause } = error
  // most messages hold their cause's already
  if (!(cause instanceof Error) || (!verbose && text.includes(cause.message))) return text
  return `${text}\n  caused by: ${describeError(cause, verbose)}`
}
