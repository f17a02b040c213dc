import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/core/system-clock.ts'
import { batchesIn, sentBatch } from '../support/broker-batches.ts'
import { BrokerChild } from '../support/broker-child.ts'
import type { BrokerClient } from '../support/broker-client.ts'

const megabyte = 1024 * 1024
const gigabyte = 1024 * megabyte
const peakMax = 300
const topic = 't'
const inFlight = 4

const data = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
let broker: BrokerChild
beforeAll(async () => {
  broker = await BrokerChild.start('--data', data, '--topic', topic)
})
afterAll(async () => {
  await BrokerChild.killAll()
  rmSync(data, { recursive: true, force: true })
})

/** The largest resident set of a process so far, in megabytes, as Linux counts it. */
function peakOf(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Math.round(Number(kilobytes) / 1024)
}

/** Clients with the defaults of Java: batches up to a megabyte, five requests in flight, fetches of a megabyte for a partition. */
async function write(client: BrokerClient): Promise<void> {
  const [value, timestamp] = ['v'.repeat(200), systemClock.now()]
  const records = sentBatch(Array.from({ length: 4_000 }, (_, i) => ({ key: `key-${i}`, value, timestamp })))
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  for (let written = 0; written < gigabyte; written += inFlight * records.length) {
    const sends = Array.from({ length: inFlight }, () => client.send('Produce', 9, { acks: -1, topicData }))
    for (const { responses } of await Promise.all(sends)) expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
  }
}

async function read(client: BrokerClient): Promise<number> {
  let bytes = 0
  for (let fetchOffset = 0; ;) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: megabyte }]
    const request = { minBytes: 1, maxWaitMs: 500, maxBytes: 50 * megabyte, topics: [{ topic, partitions }] }
    const { responses } = await client.send('Fetch', 12, request)
    const { records, highWatermark, errorCode } = responses[0]!.partitions[0]!
    expect(errorCode).toBe(0)
    bytes += records!.length
    if (fetchOffset === highWatermark) return bytes
    fetchOffset = batchesIn(records!).at(-1)!.lastOffset + 1
  }
}

test(`a gigabyte is written to a broker with a folder, and read again, within ${peakMax} MB of memory`, async () => {
  const began = performance.now()
  await write(broker.connect())
  const written = performance.now()
  const afterWriting = peakOf(broker.pid)
  expect(await read(broker.connect())).toBeGreaterThan(gigabyte)
  const peak = peakOf(broker.pid)
  const seconds = [written - began, performance.now() - written].map((ms) => (ms / 1000).toFixed(1))
  console.log(
    `a gigabyte, written in ${seconds[0]} s and read in ${seconds[1]} s: peak ${afterWriting} MB, then ${peak} MB`,
  )
  expect(peak).toBeLessThan(peakMax)
})
