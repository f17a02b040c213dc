import { Command, Option } from 'commander'
import { connectPort } from '../app/connect-port.ts'
import { resolveConfig } from '../app/resolve-config.ts'
import type { Clock } from '../core/clock.ts'
import { durationMs, type Duration } from '../core/duration.ts'
import { systemClock } from '../core/system-clock.ts'
import type { AdminPort, KafkaPort } from '../runtime/port.ts'
import type { CliOutput, CliSurroundings } from './program.ts'
import { matches, type LetterFilter } from './letter-filter.ts'
import { LetterTopic } from './letter-topic.ts'
import { position, printLetters, printSteps, type ListFormat } from './print-letters.ts'
import { replayLetters, stepsOf, type ReplayResult } from './replay-letters.ts'
import { UnfinishedError } from './unfinished-error.ts'
import { UsageError } from './usage-error.ts'

interface CommonOptions extends LetterFilter {
  readonly brokers?: string
}

interface ReplayArguments extends CommonOptions {
  readonly dryRun?: boolean
  readonly discard?: readonly string[]
  readonly wait?: string
}

export function addDlq(program: Command, output: CliOutput, surroundings: CliSurroundings): void {
  const dlq = program
    .command('dlq')
    .description('look into a dead-letter topic, and bring its records back')
    .addHelpText(
      'after',
      `
A record goes to the dead-letter topic when it fails and onError or the app says so; with \`park\` the later records of its key follow it.
Mend the cause, deploy, then replay.

Examples:
  $ millrace dlq list dead-letters
  $ millrace dlq replay dead-letters --dry-run
  $ millrace dlq replay dead-letters --wait 1m`,
    )
  addList(dlq, output, surroundings)
  addReplay(dlq, output, surroundings)
}

function common(command: Command): Command {
  return command
    .argument('<topic>', 'the dead-letter topic')
    .option('-b, --brokers <list>', 'host:port of some brokers, comma-separated (default: localhost:9092)')
    .option('-k, --key <key>', 'only records of this key, as list shows it')
    .option('-n, --node <name>', 'only what failed at this node')
    .option('-t, --source-topic <topic>', 'only records of this topic')
}

function addList(dlq: Command, output: CliOutput, surroundings: CliSurroundings): void {
  common(dlq.command('list'))
    .description('print the dead letters that were not replayed yet')
    .addOption(new Option('-f, --format <format>', 'how to print them').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
A letter is shown as TOPIC-PARTITION@OFFSET, where its record came from. Keys and values that are no text are shown in hexadecimal.

Example:
  $ millrace dlq list dead-letters --source-topic payments --format json`,
    )
    .action(async (topic: string, options: CommonOptions & { readonly format: ListFormat }) => {
      await connected(options, surroundings, async ({ port, admin }) => {
        const { letters, unreadable } = await new LetterTopic(topic, port, admin).pending()
        output.out(
          printLetters(
            letters.filter((letter) => matches(letter, options)),
            options.format,
          ),
        )
        if (unreadable > 0)
          output.err(`${unreadable} records of ${topic} are no dead letters: they do not say where they came from\n`)
      })
    })
}

function addReplay(dlq: Command, output: CliOutput, surroundings: CliSurroundings): void {
  common(dlq.command('replay'))
    .description('send dead letters to the topics that they came from, each key in the order of its records')
    .option('--dry-run', 'print what would be sent, and send nothing')
    .option(
      '--discard <position...>',
      'give up these records (TOPIC-PARTITION@OFFSET): what waits behind them goes on without',
    )
    .option(
      '-w, --wait <duration>',
      'wait so long (30s, 5m) for the app, and replay what it parked meanwhile until none is left',
    )
    .addHelpText(
      'after',
      `
Records of a parked key are replayed all or none: a filter that takes one takes the whole key. The key is free again when its last
record was processed; without --wait, run replay again until list shows none. What was sent is marked in TOPIC-replayed, and is not
sent a second time. A record that was not parked is processed again by all operators that read its topic.

Exit codes: 0 done, 1 some records failed again or the app did not take them in time, 2 wrong arguments or topic.

Examples:
  $ millrace dlq replay dead-letters --node score --dry-run
  $ millrace dlq replay dead-letters --key card-7 --wait 1m
  $ millrace dlq replay dead-letters --discard payments-0@42`,
    )
    .action(async (topic: string, options: ReplayArguments) => {
      await connected(options, surroundings, (tools) => replay(topic, options, { ...tools, output }))
    })
}

interface Tools {
  readonly port: KafkaPort
  readonly admin: AdminPort
  readonly clock: Clock
}

async function replay(
  topic: string,
  options: ReplayArguments,
  tools: Tools & { readonly output: CliOutput },
): Promise<void> {
  const { output, port, admin } = tools
  const letters = new LetterTopic(topic, port, admin)
  const waitMs = options.wait === undefined ? null : waitOf(options.wait)
  const how = { filter: options, discard: new Set(options.discard ?? []), waitMs }
  const steps = stepsOf((await letters.pending()).letters, how)
  if (steps.length === 0) return output.out('There is nothing to replay.\n')
  if (options.dryRun === true) return output.out(`${printSteps(steps)}Nothing was sent: this was a dry run.\n`)
  report(await replayLetters({ ...tools, letters }, how), output)
}

function waitOf(text: string): number {
  try {
    return durationMs(text as Duration, '--wait')
  } catch {
    throw new UsageError(`--wait is ${text}: a duration such as 30s or 5m is expected`)
  }
}

/** @throws UnfinishedError when something is left to do */
function report({ sent, discarded, failedAgain, late }: ReplayResult, output: CliOutput): void {
  const given = discarded === 0 ? '' : `, ${discarded} given up`
  output.out(`${sent} ${sent === 1 ? 'record' : 'records'} replayed${given}.\n`)
  for (const letter of failedAgain)
    output.err(`failed again: ${position(letter)}: ${letter.message ?? letter.exception ?? ''}\n`)
  if (failedAgain.length > 0)
    throw new UnfinishedError(`${failedAgain.length} keys are still parked: their record failed again`)
  if (late)
    throw new UnfinishedError(
      'the app did not take everything in time: is it running? Nothing is lost; millrace dlq list shows what it parks',
    )
}

async function connected(
  { brokers }: CommonOptions,
  { port: given, clock = systemClock }: CliSurroundings,
  use: (tools: Tools) => Promise<void>,
): Promise<void> {
  const config = resolveConfig(brokers === undefined ? {} : { brokers }, 'millrace-dlq')
  const port = given ?? (await connectPort(config, clock))
  const admin = port.admin()
  try {
    await admin.connect()
    await use({ port, admin, clock })
  } finally {
    await admin.close()
  }
}
