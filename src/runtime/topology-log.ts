import { BrokerError, TopologyError } from '../core/errors.ts'
import { noHeaders } from '../core/stream-record.ts'
import type { TopologyFingerprint } from '../planner/topology-fingerprint.ts'
import type { AdminPort, FetchedBatch, KafkaPort, ProducerOptions } from './port.ts'

/** A fingerprint as one instance wrote it. */
export interface RecordedTopology extends TopologyFingerprint {
  /** What was recorded before no longer counts: topics were deleted, or the user accepted a change. */
  readonly supersedes: boolean
}

export interface TopologyLogOptions {
  readonly port: KafkaPort
  readonly admin: AdminPort
  readonly topic: string
  readonly fetchMaxBytes: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  readonly producer: ProducerOptions
}

const formatVersion = 1
const recordKey = new TextEncoder().encode('topology')

/** The topic in which the instances of an app tell each other, and those to come, what they keep: compacted, one partition, one key. */
export class TopologyLog {
  readonly #options: TopologyLogOptions

  constructor(options: TopologyLogOptions) {
    this.#options = options
  }

  /** Every record that is still there, oldest first; undefined: there is no such topic. */
  async read(): Promise<readonly RecordedTopology[] | undefined> {
    const { port, admin, topic, fetchMaxBytes, producer } = this.#options
    if (!(await admin.partitionCounts([topic])).has(topic)) return undefined
    const end = (await admin.offsets(topic)).find(({ partition }) => partition === 0)?.high ?? 0
    const records: RecordedTopology[] = []
    const onBatch = (batch: FetchedBatch): void => {
      for (let at = 0; at < batch.count; at++) {
        const value = batch.valueAt(at)
        if (value !== null) records.push(this.#parse(value))
      }
    }
    const restorer = port.restorer({ clientId: producer.clientId, fetchMaxBytes })
    try {
      if (end > 0) await restorer.read([{ topic, partition: 0, from: 0, end }], onBatch, new AbortController().signal)
    } finally {
      await restorer.close()
    }
    return records
  }

  /** Creates the topic if it is missing; returns when the record is acknowledged. */
  async append(recorded: RecordedTopology, timestamp: number): Promise<void> {
    const { port, admin, topic, replicationFactor } = this.#options
    await admin.createTopics([
      { topic, partitionCount: 1, replicationFactor, configs: { 'cleanup.policy': 'compact' } },
    ])
    const value = new TextEncoder().encode(JSON.stringify({ version: formatVersion, ...recorded }))
    const producer = port.producer(this.#options.producer)
    let failure: Error | undefined
    try {
      await producer.connect()
      producer.send({ topic, partition: 0, key: recordKey, value, timestamp, headers: noHeaders }, (_, error) => {
        failure = error
      })
      await producer.flush()
    } finally {
      await producer.close()
    }
    if (failure === undefined) return
    const message = `the topology could not be recorded in ${topic}: ${failure.message}`
    throw new BrokerError('MILLRACE_BROKER_FAILED', message, { topic, retriable: false, cause: failure })
  }

  #parse(value: Uint8Array): RecordedTopology {
    const { topic } = this.#options
    const text = new TextDecoder().decode(value)
    const parsed = parsedJson(text)
    if (parsed?.version === formatVersion) return parsed as RecordedTopology & typeof parsed
    const isNewer = typeof parsed?.version === 'number'
    const problem = isNewer ? 'a newer Millrace wrote it' : `it holds what Millrace did not write: ${text.slice(0, 80)}`
    const remedy = isNewer ? 'run that version, or a later one' : 'find out who writes to it, then delete it'
    throw new TopologyError([{ path: `topic ${topic}`, problem, remedy }], 'MILLRACE_TOPOLOGY_INCOMPATIBLE')
  }
}

function parsedJson(text: string): { readonly version?: unknown } | undefined {
  try {
    return (JSON.parse(text) as { readonly version?: unknown } | null) ?? undefined
  } catch {
    return undefined
  }
}
