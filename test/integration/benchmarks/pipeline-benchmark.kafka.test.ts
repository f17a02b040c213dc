import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { repository } from '../../support/module-graph.ts'

test('the pipeline benchmark runs both jobs on Millrace and KafkaJS, checks what they wrote, and says it as JSON', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const json = join(folder, 'runs.json')
  const benchmark = ['--import', 'tsx', '--conditions=source', 'benchmarks/run.ts', 'pipeline']
  const few = ['--systems', 'millrace,kafkajs', '--records', '2000', '--rounds', '1', '--json', json]
  const { stdout } = await promisify(execFile)(process.execPath, [...benchmark, ...few], { cwd: repository })
  const runs = JSON.parse(readFileSync(json, 'utf8')) as readonly Readonly<Record<string, unknown>>[]
  rmSync(folder, { recursive: true })
  expect(runs.map(({ job, system }) => `${String(job)} ${String(system)}`)).toEqual([
    'J1 millrace',
    'J1 kafkajs',
    'J2 millrace',
    'J2 kafkajs',
  ])
  for (const run of runs) {
    expect(run).toMatchObject({ round: 1, records: 2000 })
    for (const field of ['recordsPerSecond', 'recordsPerCpuSecond', 'peakRssMiB'])
      expect(run[field], field).toBeGreaterThan(0)
  }
  expect(runs[0]!['output']).toEqual(runs[1]!['output'])
  expect(runs[2]!['output']).toMatchObject({ records: 2000, counted: 2000 })
  expect(stdout).toContain('| J2 | millrace | 1 |')
}, 600_000)
