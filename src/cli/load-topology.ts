import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Topology } from '../topology/topology.ts'
import { UsageError } from './usage-error.ts'

/**
 * The topology that a file exports as its default.
 *
 * @throws UsageError when there is no such file, Node cannot load it as it is, or it exports something else; what the
 *   file itself throws (a TopologyError) passes
 */
export async function loadTopology(file: string): Promise<Topology> {
  const path = resolve(file)
  if (!existsSync(path)) throw new UsageError(`there is no file ${file}`)
  const loaded = await importFile(path, file)
  const topology = loaded['default']
  if (!isTopology(topology))
    throw new UsageError(`${file} must export a topology as its default: export default topology('name', ...)`)
  return topology
}

async function importFile(path: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>
  } catch (error) {
    if (codeOf(error) !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    const remedy = `install tsx and run: NODE_OPTIONS='--import tsx' npx millrace run ${file}`
    throw new UsageError(
      `this Node cannot load ${file}: it knows no TypeScript. Either compile the file first, or ${remedy}`,
    )
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

function isTopology(value: unknown): value is Topology {
  return (
    typeof value === 'object' && value !== null && 'name' in value && 'nodes' in value && Array.isArray(value.nodes)
  )
}
