import { spawnSync } from 'node:child_process'

const purpose: Readonly<Record<string, string>> = {
  python3: 'the generator of cases runs in it',
  java: 'the real Kafka Streams runs in it',
  mvn: 'Maven builds the oracle',
}

export interface ToolResult {
  readonly status: number | null
  readonly stderr: string
}

/** Runs a program to its end. Throws one sentence when the program is not installed. */
export function runTool(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): ToolResult {
  const { error, status, stderr } = spawnSync(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error === undefined) return { status, stderr }
  if ('code' in error && error.code === 'ENOENT')
    throw new Error(`conformance:fuzz needs ${command} on the PATH: ${purpose[command] ?? 'it is run as a program'}.`)
  throw error
}
