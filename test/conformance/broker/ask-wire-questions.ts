import { connect } from 'node:net'
import { servedVersions } from '../../../src/broker/handlers/served-versions.ts'
import type { ApiName, NewRequest } from '../../../src/protocol/messages/messages.ts'
import { BrokerClient } from '../../support/broker-client.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { prepareWire } from './prepare-wire.ts'
import type { Names } from './wire-names.ts'
import { questions } from './wire-questions.ts'

const patienceMs = 10_000

/** One line for each question and answer; versions that are answered alike stand in one. */
export async function askWireQuestions(broker: BrokerUnderTest): Promise<readonly string[]> {
  const open = (): BrokerClient => {
    const [host, port] = broker.bootstrap.split(':')
    return new BrokerClient(connect(Number(port), host))
  }
  let client = open()
  const names = await prepareWire(broker, client)
  const lines: string[] = []
  for (const api of Object.keys(questions) as ApiName[]) {
    const answers = new Map<string, string[]>()
    for (const version of versionsOf(api)) {
      for (const [question, body] of Object.entries(questions[api]!)) {
        if (client.stream.destroyed) client = open()
        const request = (body as (names: Names, version: number) => Partial<NewRequest<ApiName>>)(names, version)
        answers.set(question, [...(answers.get(question) ?? []), await ask(client, { api, version, request, names })])
      }
    }
    for (const [question, given] of answers) lines.push(...linesOf(api, question, given))
  }
  client.close()
  return lines
}

function versionsOf(api: ApiName): readonly number[] {
  const [first, last] = servedVersions[api]
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

interface Question {
  readonly api: ApiName
  readonly version: number
  readonly request: Partial<NewRequest<ApiName>>
  readonly names: Names
}

async function ask(client: BrokerClient, { api, version, request, names }: Question): Promise<string> {
  const patience = setTimeout(() => client.close(), patienceMs)
  try {
    return JSON.stringify(comparable(await client.send(api, version, request), names))
  } catch (error) {
    if (!client.stream.destroyed) throw error
    return 'the connection is closed'
  } finally {
    clearTimeout(patience)
  }
}

function linesOf(api: ApiName, question: string, answers: readonly string[]): readonly string[] {
  const [first] = servedVersions[api]
  const begins = answers.flatMap((answer, i) => (answer === answers[i - 1] ? [] : i))
  return begins.map((begin, n) => {
    const last = (begins[n + 1] ?? answers.length) - 1
    return `${api} ${first + begin}-${first + last}, ${question}: ${answers[begin]}`
  })
}

/** Differs from run to run, or is said in other words. */
const incidental = new Set([
  'throttleTimeMs',
  'clusterId',
  'host',
  'port',
  'errorMessage',
  'batchIndexErrorMessage',
  'logDir',
  'totalBytes',
  'usableBytes',
  'transactionStartTimeMs',
])

function comparable(answer: unknown, names: Names): unknown {
  const known = new Map<unknown, string>(Object.entries(names).map(([name, value]) => [value, `<${name}>`]))
  const walk = (value: unknown, key = ''): unknown => {
    if (incidental.has(key)) return undefined
    if (key === 'producerId' && Number(value) >= 0) return '<producerId>'
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (Array.isArray(value))
      return value
        .filter((each) => isOurs(each, known))
        .map((each) => walk(each))
        .toSorted(byText)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]))
    return typeof value === 'string' ? (known.get(value) ?? value) : value
  }
  return walk(answer)
}

/** Not a group of another test, nor the config that a cluster has set for all brokers if Kafka 4.1 formatted it (KIP-966). */
function isOurs(item: unknown, known: ReadonlyMap<unknown, string>): boolean {
  if (typeof item !== 'object' || item === null) return true
  const { name, groupId, groupType } = item as { name?: unknown; groupId?: unknown; groupType?: unknown }
  return name !== 'min.insync.replicas' && (groupType === undefined || known.has(groupId))
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
