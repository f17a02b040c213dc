import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const project = join(import.meta.dirname, '../..')

/** The replay command as a user runs it, in a process of its own. */
export interface ReplayProcess {
  /** What it said on stderr so far. */
  readonly said: readonly string[]
  /** Resolves with the first line that `pattern` matches; rejects when the process ended without one. */
  line(pattern: RegExp): Promise<string>
  /** Asks it to stop, as `kill` does. */
  terminate(): void
  /** Resolves when it has ended with this exit code; rejects with what it said when it was another one. */
  ends(exitCode: number): Promise<void>
}

export function startReplay(args: readonly string[]): ReplayProcess {
  const command = ['--import', 'tsx', '--conditions=source', 'topologies/fraud-detection/replay.ts', ...args]
  // Vitest's own environment must not reach it: KafkaJS has other time-outs under NODE_ENV=test.
  const { NODE_ENV: _mode, ...env } = process.env
  const replay = spawn(process.execPath, command, { cwd: project, env, stdio: ['ignore', 'ignore', 'pipe'] })
  const said: string[] = []
  const lines = createInterface({ input: replay.stderr })
  lines.on('line', (line) => said.push(line))
  const ended = Promise.all([once(replay, 'exit'), once(lines, 'close')])
  return {
    said,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        lines.on('line', (line) => {
          if (pattern.test(line)) resolve(line)
        })
        ended.then(() => reject(new Error(`it ended before it said ${String(pattern)}:\n${said.join('\n')}`)), reject)
      }),
    terminate: () => replay.kill('SIGTERM'),
    async ends(exitCode) {
      await ended
      if (replay.exitCode !== exitCode)
        throw new Error(`it ended with ${replay.exitCode ?? replay.signalCode}, not ${exitCode}:\n${said.join('\n')}`)
    },
  }
}
