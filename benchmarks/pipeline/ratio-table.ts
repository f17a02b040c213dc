import { median } from '../measure.ts'
import type { Run } from './run.ts'

/** Medians per job and system, and their ratios to the system that `base` names (or to the first that ran). */
export function ratioTable(runs: readonly Run[], base: string): string {
  const lines = [
    '| job | system | rounds | records/s | records/CPU-s | ratio records/s | ratio records/CPU-s | peak RSS MiB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ]
  for (const job of unique(runs.map((run) => run.job))) {
    const ofJob = runs.filter((run) => run.job === job)
    const names = unique(ofJob.map(({ system }) => system))
    const peer = ofJob.filter(({ system }) => system === (names.some((name) => name === base) ? base : names[0]))
    for (const name of names)
      lines.push(
        row(
          ofJob.filter(({ system }) => system === name),
          peer,
        ),
      )
  }
  return lines.join('\n')
}

function row(runs: readonly Run[], peer: readonly Run[]): string {
  const { job, system } = runs[0]!
  const wall = middle(runs, 'recordsPerSecond')
  const cpu = middle(runs, 'recordsPerCpuSecond')
  const ratios = [wall / middle(peer, 'recordsPerSecond'), cpu / middle(peer, 'recordsPerCpuSecond')]
  const cells = [job, system, runs.length, wall, cpu, ...ratios.map((ratio) => ratio.toFixed(2))]
  return `| ${[...cells, middle(runs, 'peakRssMiB')].join(' | ')} |`
}

function middle(runs: readonly Run[], field: 'recordsPerSecond' | 'recordsPerCpuSecond' | 'peakRssMiB'): number {
  return median(runs.map((run) => run[field]))
}

function unique<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)]
}
