/*
 * npm run bench -- client [--records N] [--rounds N] [--json FILE]: what a client library makes of a real Kafka, ours beside those
 * that users have. Each measurement is a process of its own, and the systems take turns, so that what else the machine does hits all alike.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { startKafka } from '../../src/testing/kafka-server.ts'
import { kafkaVersion } from '../../src/testing/kafka-jars.ts'
import { circumstances, median } from '../measure.ts'
import { Meter, type Job, type Measured } from './job.ts'
import { millrace, millracePort } from './systems/millrace.ts'

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
})
const records = Number(values.records)
const rounds = Number(values.rounds)
const warmUpRecords = Math.ceil(records / 10)
const partitionCount = 4
const verbs = ['consume', 'produce'] as const
const systems = ['millrace', 'kafkajs', 'platformatic'] as const
const peer = 'kafkajs'

type Verb = (typeof verbs)[number]
type SystemName = (typeof systems)[number]

interface Row {
  readonly verb: Verb
  readonly system: SystemName
  readonly recordsPerSecond: number
  readonly recordsPerCpuSecond: number
  /** Of the records per second of processor time. */
  readonly ratioToKafkaJs: number
}

async function run(bootstrap: string): Promise<Map<string, Measured[]>> {
  const results = new Map<string, Measured[]>()
  const [warmUp, input] = await Promise.all([
    newTopic(bootstrap, 'warm-up', warmUpRecords),
    newTopic(bootstrap, 'input', records),
  ])
  for (const job of [warmUp, input]) await millrace.produce(job, new Meter(job))
  for (let round = 0; round < rounds; round++) {
    for (const system of systems) {
      record(results, `consume ${system}`, await measureOne(system, 'consume', [warmUp, input]))
      const first = await newTopic(bootstrap, `first-${system}-${round}`, warmUpRecords)
      const output = await newTopic(bootstrap, `output-${system}-${round}`, records)
      record(results, `produce ${system}`, await measureOne(system, 'produce', [first, output]))
      for (const job of [first, output]) await checkAndDelete(job)
    }
  }
  return results
}

function record(results: Map<string, Measured[]>, name: string, measured: Measured): void {
  results.set(name, [...(results.get(name) ?? []), measured])
}

async function newTopic(bootstrap: string, topic: string, recordCount: number): Promise<Job> {
  const admin = millracePort(bootstrap).admin()
  await admin.connect()
  await admin.createTopics([{ topic, partitionCount, replicationFactor: 1, configs: { 'retention.ms': '-1' } }])
  await admin.close()
  return { bootstrap, topic, partitionCount, records: recordCount }
}

async function measureOne(system: SystemName, verb: Verb, jobs: readonly Job[]): Promise<Measured> {
  const script = join(import.meta.dirname, 'measure-one.ts')
  const flags = ['--import', 'tsx', '--conditions=source', ...(process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [])]
  const texts = jobs.map((job) => JSON.stringify(job))
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, system, verb, ...texts])
  const measured = JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured
  process.stderr.write(`${verb} ${system}: ${rate(measured.records, measured.cpuMs)} records per CPU-second\n`)
  return measured
}

/** Whoever lost or doubled records was not faster. */
async function checkAndDelete({ bootstrap, topic, records: sent }: Job): Promise<void> {
  const admin = millracePort(bootstrap).admin()
  await admin.connect()
  const written = (await admin.offsets(topic)).reduce((sum, { low, high }) => sum + high - low, 0)
  await admin.deleteTopics([topic])
  await admin.close()
  if (written !== sent) throw new Error(`${topic} has ${written} records, ${sent} were sent`)
}

function rate(count: number, ms: number): number {
  return Math.round((count / ms) * 1_000)
}

function rowsOf(results: ReadonlyMap<string, readonly Measured[]>): readonly Row[] {
  const cpuRate = (name: string): number =>
    median(results.get(name)!.map((measured) => rate(measured.records, measured.cpuMs)))
  return verbs.flatMap((verb) =>
    systems.map((system) => {
      const name = `${verb} ${system}`
      const recordsPerSecond = median(results.get(name)!.map((measured) => rate(measured.records, measured.wallMs)))
      const recordsPerCpuSecond = cpuRate(name)
      const ratioToKafkaJs = Number((recordsPerCpuSecond / cpuRate(`${verb} ${peer}`)).toFixed(2))
      return { verb, system, recordsPerSecond, recordsPerCpuSecond, ratioToKafkaJs }
    }),
  )
}

/** What was read by one was read by all. */
function checkChecksums(results: ReadonlyMap<string, readonly Measured[]>): void {
  const sums = new Set(systems.flatMap((system) => results.get(`consume ${system}`)!.map(({ checksum }) => checksum)))
  if (sums.size > 1) throw new Error(`the systems read different records: ${[...sums].join(', ')}`)
}

function versionOf(name: string): string {
  const file = join(import.meta.dirname, '../../node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

const kafka = await startKafka()
try {
  const results = await run(kafka.bootstrap)
  checkChecksums(results)
  const rows = rowsOf(results)
  const versions = {
    kafka: kafkaVersion,
    kafkajs: versionOf('kafkajs'),
    platformatic: versionOf('@platformatic/kafka'),
  }
  const report = { ...circumstances(), versions, records, rounds, partitionCount, results: rows, runs: [...results] }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`)
} finally {
  await kafka.stop()
}
