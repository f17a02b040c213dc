import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { javaClassPath } from './java-peer.ts'

export const systems = ['millrace', 'kafka-streams', 'kafkajs'] as const
export type System = (typeof systems)[number]

export interface Command {
  readonly program: string
  readonly args: readonly string[]
}

const repository = join(import.meta.dirname, '../..')
const here = import.meta.dirname

/** Builds what must be built and says how each system is started. `nodeArgs` (profiling, say) go to those that run on Node. */
export function commandOf(system: System, nodeArgs: readonly string[]): Command {
  const node = [...nodeArgs, '--import', 'tsx']
  switch (system) {
    case 'millrace':
      buildPackage()
      // Without the condition `source`: the package as it is published, compiled.
      return { program: process.execPath, args: [...node, join(here, 'millrace', 'main.ts')] }
    case 'kafkajs':
      return {
        program: process.execPath,
        args: [...node, '--conditions=source', join(here, 'kafkajs', 'main.ts')],
      }
    case 'kafka-streams':
      return { program: 'java', args: ['-Xmx2g', '-cp', javaClassPath(resolve(repository, '.cache')), 'bench.Peer'] }
  }
}

function buildPackage(): void {
  const built = modifiedAt('dist')
  if (built > 0 && built >= modifiedAt('src')) return
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('the package could not be built: npm run build says why')
}

/** When the newest file of a folder was written; 0 when there is none. */
function modifiedAt(folder: string): number {
  try {
    const files = readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    const times = files
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs)
    return Math.max(0, ...times)
  } catch {
    return 0
  }
}
