/* The embedded broker's files in the hands of Kafka's own tool, which reads every batch and checks it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DiskStorage } from '../../src/broker/log/disk-storage.ts'
import { defaultLogConfig } from '../../src/broker/log/log-config.ts'
import { PartitionLog } from '../../src/broker/log/partition-log.ts'
import { kafkaJars, kafkaVersion } from '../../src/testing/kafka-jars.ts'
import { sentBatch } from '../support/broker-batches.ts'
import { SimulatedClock } from '../support/simulated-clock.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-segments-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

async function dump(): Promise<string> {
  const libs = await kafkaJars(resolve('.cache', `kafka-${kafkaVersion}`))
  const folder = join(dataDir, 't-0')
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'))
  const paths = files.map((name) => join(folder, name)).join(',')
  const args = ['-Xmx512m', '-cp', join(libs, '*'), 'kafka.tools.DumpLogSegments', '--files', paths]
  return execFileSync('java', [...args, '--deep-iteration', '--print-data-log'], { encoding: 'utf8', maxBuffer: 1e8 })
}

test('every batch, marker and compacted batch is valid for DumpLogSegments, with the offsets that we gave it', async () => {
  const clock = new SimulatedClock()
  const storage = new DiskStorage({ dataDir, clock })
  const config = {
    ...defaultLogConfig,
    segmentBytes: 1000,
    cleanupPolicy: { delete: false, compact: true },
    minCleanableDirtyRatio: 0.01,
  }
  const log = PartitionLog.open({ storage, folder: 't-0', topic: 't', partition: 0, config, nowMs: clock.now() })
  const record = (key: string, value: string | null) => ({ key, value, timestamp: clock.now() })
  for (let i = 0; i < 40; i++) {
    const compression = (['none', 'gzip', 'snappy', 'lz4'] as const)[i % 4]!
    log.append(sentBatch([record(`k${i % 7}`, `v${i}`), record('hot', `${i}`)], { compression }), clock.now())
  }
  log.append(sentBatch([record('k1', null)], { producerId: 9, transactional: true }), clock.now())
  log.writeMarker({ producerId: 9, epoch: 0, coordinatorEpoch: 0, type: 'commit' }, clock.now())
  for (let i = 0; i < 20; i++) log.append(sentBatch([record('hot', 'x'.repeat(100))]), clock.now())
  await log.compact(clock.now(), async () => {})
  await storage.close()

  const text = await dump()
  expect(text).not.toContain('isvalid: false')
  expect(text).not.toMatch(/exception|corrupt/i)
  const batches = [...text.matchAll(/^baseOffset: (\d+) lastOffset: (\d+) .*isvalid: true/gm)]
  const offsets = batches.flatMap(([, first, last]) => [Number(first), Number(last)])
  expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
  expect(offsets.at(-1)).toBe(log.endOffset - 1)
  expect(text).toMatch(/endTxnMarker: COMMIT/)
  // The tombstone waits for its time, and the batch says when that is.
  expect(text).toMatch(/deleteHorizonMs: OptionalLong\[\d+\]/)
  const keys = [...text.matchAll(/\| offset: \d+ .* key: (k\d|hot) payload/g)].map(([, key]) => key)
  expect(keys.filter((key) => key === 'k2')).toHaveLength(1)
})
