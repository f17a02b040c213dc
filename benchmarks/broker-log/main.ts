/* Memory of a partition's log on disk: a gigabyte is written and read, and the peak of the process is printed beside the limit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskStorage } from '../../src/broker/log/disk-storage.ts'
import { defaultLogConfig } from '../../src/broker/log/log-config.ts'
import { PartitionLog } from '../../src/broker/log/partition-log.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { BatchHeader } from '../../src/protocol/records/batch-header.ts'
import { RecordBatchWriter } from '../../src/protocol/records/record-batch-writer.ts'

const totalBytes = 1024 * 1024 * 1024
const limitMegabytes = 300

function batchOf(count: number): Buffer {
  const writer = new RecordBatchWriter()
  for (let i = 0; i < count; i++) writer.append(Buffer.from(`key-${i}`), Buffer.alloc(190, i), systemClock.now())
  const batch = writer.finish('none')
  batch.stamp({ producerId: -1n, producerEpoch: -1, firstSequence: -1 })
  return batch.bytes
}

/** Twice: KafkaJS sends batches of one record where the accumulating clients send hundreds. */
async function measure(recordsPerBatch: number): Promise<Record<string, number>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const storage = new DiskStorage({ dataDir, clock: systemClock })
  const config = { ...defaultLogConfig, segmentBytes: 256 * 1024 * 1024 }
  const log = PartitionLog.open({ storage, folder: 't-0', topic: 't', partition: 0, config, nowMs: systemClock.now() })
  try {
    const bytes = batchOf(recordsPerBatch)
    const began = systemClock.monotonic()
    while (log.sizeInBytes < totalBytes) log.append(bytes, systemClock.now())
    const written = systemClock.monotonic()
    const read = readAll(log)
    const ended = systemClock.monotonic()
    return {
      recordsPerBatch,
      records: log.endOffset,
      megabytesRead: Math.round(read / 1024 / 1024),
      writeSeconds: (written - began) / 1000,
      readSeconds: (ended - written) / 1000,
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }
  } finally {
    log.close()
    await storage.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function readAll(log: PartitionLog): number {
  let bytes = 0
  for (let offset = 0; offset < log.endOffset;) {
    const { records } = log.read({ offset, maxBytes: 1024 * 1024, committed: false })
    bytes += records.length
    for (let at = 0; at < records.length;) {
      const batch = new BatchHeader(records, at)
      offset = batch.lastOffset + 1
      at = batch.end
    }
  }
  return bytes
}

for (const recordsPerBatch of [500, 1]) {
  const result = await measure(recordsPerBatch)
  process.stdout.write(`${JSON.stringify({ ...result, limitMegabytes })}\n`)
  if (result['peakMegabytes']! > limitMegabytes) process.exitCode = 1
}
