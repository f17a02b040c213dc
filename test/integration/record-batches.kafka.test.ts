/* Our record batches in other clients' hands, and theirs in ours: Java's producer and consumer, kcat (librdkafka), the broker's own tool. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/system-clock.ts'
import { systemRandom } from '../../src/core/system-random.ts'
import { Cluster } from '../../src/client/cluster.ts'
import { kafkaClient } from '../../src/client/kafka-client.ts'
import { produceTo } from '../../src/client/produce-request.ts'
import { kafkajsClient } from '../../src/kafkajs/kafkajs-port.ts'
import type { Compression } from '../../src/protocol/compression/compression.ts'
import type { AdminPort, RestorePort } from '../../src/runtime/port.ts'
import { startKafka, type KafkaServer } from '../../src/testing/kafka-server.ts'
import { storedBatch, type WrittenRecord } from '../support/record-batches.ts'

const read: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const written = read.filter((name) => name !== 'zstd' || 'zstdCompressSync' in zlib)
/** More than one block of every codec. */
const lines = Array.from({ length: 3_000 }, (_, i) => `key-${i}\t{"id":${i},"text":"some text that repeats"}`)
const input = lines.map((line) => `${line}\n`).join('')

let kafka: KafkaServer
let cluster: Cluster
let admin: AdminPort
let restorer: RestorePort

beforeAll(async () => {
  kafka = await startKafka()
  const connection = { brokers: [kafka.bootstrap], clientId: 'records', requestTimeoutMs: 10_000 }
  const options = kafkajsClient({ ...connection, clock: systemClock, random: systemRandom, connectionTimeoutMs: 1_000 })
  cluster = new Cluster(options)
  await cluster.connect('write batches')
  const port = kafkaClient(options)
  admin = port.admin()
  restorer = port.restorer({ clientId: 'records', fetchMaxBytes: 10_000_000 })
  await admin.connect()
})

afterAll(async () => {
  await restorer?.close()
  await admin?.close()
  await cluster?.close()
  await kafka?.stop()
})

async function newTopic(topic: string): Promise<string> {
  await admin.createTopics([{ topic, partitionCount: 1, replicationFactor: 1, configs: {} }])
  return topic
}

function java(tool: string, args: readonly string[], stdin = ''): string {
  const command = ['-Xmx512m', '-cp', join(kafka.libsDir, '*'), tool, ...args]
  return execFileSync('java', command, {
    input: stdin,
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: 'pipe',
  })
}

function kcat(args: readonly string[], stdin = ''): string {
  return execFileSync('kcat', ['-b', kafka.bootstrap, ...args], { input: stdin, encoding: 'utf8', maxBuffer: 1e8 })
}

async function readByUs(topic: string): Promise<readonly string[]> {
  const found: string[] = []
  const [range] = await admin.offsets(topic)
  await restorer.read(
    [{ topic, partition: 0, from: 0, end: range!.high }],
    (batch) => {
      for (let i = 0; i < batch.count; i++)
        found.push(`${Buffer.from(batch.keyAt(i)!).toString()}\t${Buffer.from(batch.valueAt(i)!).toString()}`)
    },
    new AbortController().signal,
  )
  return found
}

describe.each(read)('%s, written by others', (compression) => {
  test('is read: the Java producer', async () => {
    const topic = await newTopic(`java-${compression}`)
    const properties = ['--property', 'parse.key=true', '--compression-codec', compression]
    java(
      'org.apache.kafka.tools.ConsoleProducer',
      ['--bootstrap-server', kafka.bootstrap, '--topic', topic, ...properties],
      input,
    )
    expect(await readByUs(topic)).toEqual(lines)
  })

  test('is read: kcat', async () => {
    const topic = await newTopic(`kcat-${compression}`)
    kcat(['-P', '-t', topic, '-p', '0', '-K', '\t', '-z', compression, '-X', 'linger.ms=200'], input)
    expect(await readByUs(topic)).toEqual(lines)
  })
})

describe.each(written)('%s, written by us', (compression) => {
  const topic = `ours-${compression}`

  beforeAll(async () => {
    await newTopic(topic)
    const records: WrittenRecord[] = lines.map((line, i) => {
      const [key, value] = line.split('\t')
      const headers = [
        ['n', Buffer.from(String(i))],
        ['none', null],
      ] as const
      return { key: Buffer.from(key!), value: Buffer.from(value!), timestamp: 1_700_000_000_000 + i, headers }
    })
    const bytes = storedBatch(records, { compression })
    expect(await produceTo(cluster, 1, [{ topic, partition: 0, bytes }])).toMatchObject([{ errorCode: 0 }])
  })

  test('is read: by ourselves', async () => {
    expect(await readByUs(topic)).toEqual(lines)
  })

  test('is read: kcat, which checks the checksums', () => {
    const found = kcat(['-C', '-t', topic, '-e', '-q', '-X', 'check.crcs=true', '-f', '%k\t%s\t%T\t%h\n'])
    const wanted = lines.map((line, i) => `${line}\t${1_700_000_000_000 + i}\tn=${i},none=NULL`)
    expect(found.trimEnd().split('\n')).toEqual(wanted)
  })

  test('is read: the Java consumer', () => {
    const args = ['--bootstrap-server', kafka.bootstrap, '--topic', topic, '--from-beginning']
    const formats = ['print.key', 'print.timestamp'].flatMap((name) => ['--property', `${name}=true`])
    const found = java('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...args,
      ...formats,
      '--max-messages',
      '3000',
    ])
    expect(found.trimEnd().split('\n')).toEqual(lines.map((line, i) => `CreateTime:${1_700_000_000_000 + i}\t${line}`))
  })

  test("is what the broker's own tool finds valid in the log", () => {
    const file = join(kafka.dataDir, 'logs', `${topic}-0`, '00000000000000000000.log')
    const dump = java('kafka.tools.DumpLogSegments', ['--files', file, '--deep-iteration'])
    expect(dump).toContain('isvalid: true')
    expect(dump).toMatch(new RegExp(`count: 3000 .*compresscodec: ${compression}`))
    expect(dump.match(/^\| offset: /gm)).toHaveLength(3_000)
  })
})
