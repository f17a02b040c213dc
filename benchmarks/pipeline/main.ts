/* Whole pipelines on a real Kafka, beside their peers: every round runs every job on every system, each a process of its own. */
import { writeFileSync } from 'node:fs'
import { ownPort } from '../../src/client/own-port.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { systemRandom } from '../../src/core/system-random.ts'
import { startKafka } from '../../src/testing/kafka-server.ts'
import { loadTransactions } from '../peers/load-transactions.ts'
import { commandOf } from '../peers/system.ts'
import { readArguments } from './arguments.ts'
import { ratioTable } from './ratio-table.ts'
import { run, type Run } from './run.ts'

const input = 'transactions'
const { jobs, systems, records, rounds, nodeArgs, json } = readArguments(process.argv.slice(3))
const commands = systems.map((system) => ({ system, command: commandOf(system, nodeArgs) }))
const kafka = await startKafka()
const runs: Run[] = []
try {
  const port = ownPort({
    brokers: [kafka.bootstrap],
    clientId: 'bench',
    requestTimeoutMs: 30_000,
    connectionTimeoutMs: 10_000,
    clock: systemClock,
    random: systemRandom,
  })
  await loadTransactions(port, input, records)
  for (let round = 1; round <= rounds; round++) {
    for (const job of jobs) {
      for (const { system, command } of commands) {
        const done = await run({ system, command, job, round, records, input, port, brokers: kafka.bootstrap })
        runs.push(done)
        const { recordsPerSecond, recordsPerCpuSecond, peakRssMiB } = done
        process.stderr.write(
          `${JSON.stringify({ round, job, system, recordsPerSecond, recordsPerCpuSecond, peakRssMiB })}\n`,
        )
      }
    }
  }
} finally {
  await kafka.stop()
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify(runs, null, 2)}\n`)
process.stdout.write(`${ratioTable(runs, 'kafka-streams')}\n`)
