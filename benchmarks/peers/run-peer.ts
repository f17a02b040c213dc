import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sleep } from '../../src/core/clock.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import type { AdminPort, KafkaPort } from '../../src/runtime/port.ts'
import type { Job } from './job.ts'
import { cpuSeconds, peakRssMiB } from './process-usage.ts'
import type { Command } from './system.ts'

const lookEveryMs = 150
const stopTimeoutMs = 25_000

export interface PeerRun {
  readonly command: Command
  readonly job: Job
  readonly port: KafkaPort
  readonly brokers: string
  readonly input: string
  readonly output: string
  readonly group: string
  readonly timeoutMs: number
}

export interface Usage {
  /** From the start of the process to its first record. */
  readonly startSeconds: number
  /** From its first record until the group has committed all of the input: up to one commit interval is waiting. */
  readonly wallSeconds: number
  /** User and system time of the process in that time. */
  readonly cpuSeconds: number
  readonly peakRssMiB: number
}

/** Starts the system cold, as a process of its own, and waits until it has committed the end of its input. */
export async function runPeer(run: PeerRun): Promise<Usage> {
  const admin = run.port.admin()
  await admin.connect()
  const stateDir = mkdtempSync(join(tmpdir(), 'millrace-peer-'))
  const began = systemClock.monotonic()
  const child = start(run, stateDir)
  try {
    await firstRecord(child, run.timeoutMs)
    const first = systemClock.monotonic()
    const before = cpuSeconds(child.pid!)
    await caughtUp(admin, child, run)
    const usage = { cpuSeconds: cpuSeconds(child.pid!) - before, peakRssMiB: peakRssMiB(child.pid!) }
    return { startSeconds: (first - began) / 1000, wallSeconds: (systemClock.monotonic() - first) / 1000, ...usage }
  } finally {
    await stop(child)
    await admin.close()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

function start({ command, job, brokers, input, output, group }: PeerRun, stateDir: string): ChildProcess {
  const own = { JOB: job, BROKERS: brokers, INPUT: input, OUTPUT: output, GROUP: group, STATE_DIR: stateDir }
  // What the shell of the benchmark asks of Node is not for the peers.
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawn(command.program, command.args, { env: { ...env, ...own }, stdio: ['ignore', 'pipe', 'inherit'] })
}

async function firstRecord(child: ChildProcess, timeoutMs: number): Promise<void> {
  const inTime = new AbortController()
  const lines = createInterface({ input: child.stdout! })
  const first = new Promise<'first'>((resolve) => lines.on('line', (line) => line === 'FIRST' && resolve('first')))
  const ended = once(child, 'exit').then(() => 'ended' as const)
  const late = sleep(systemClock, timeoutMs, inTime.signal).then(() => 'late' as const)
  const came = await Promise.race([first, ended, late])
  inTime.abort()
  if (came !== 'first') throw new Error(`${child.spawnfile} processed no record: ${came}`)
}

async function caughtUp(admin: AdminPort, child: ChildProcess, { group, input, timeoutMs }: PeerRun): Promise<void> {
  const ends = await admin.offsets(input)
  const deadline = systemClock.monotonic() + timeoutMs
  for (;;) {
    const committed = await admin.committedOffsets(group, [input])
    const offsets = new Map(committed.map(({ partition, offset }) => [partition, offset]))
    if (ends.every(({ partition, low, high }) => high === low || (offsets.get(partition) ?? 0) >= high)) return
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode} before its input did`)
    if (systemClock.monotonic() > deadline) throw new Error(`${child.spawnfile} was not done in ${timeoutMs} ms`)
    await sleep(systemClock, lookEveryMs)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const patience = systemClock.setTimer(stopTimeoutMs, () => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  patience.cancel()
}
