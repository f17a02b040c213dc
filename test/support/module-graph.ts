import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** What dependency-cruiser says of a tree of sources. */
export interface ModuleGraph {
  readonly modules: readonly {
    readonly source: string
    readonly dependencies: readonly { readonly resolved: string }[]
  }[]
  readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: string }[]
}

interface CruiseResult {
  readonly modules: ModuleGraph['modules']
  readonly summary: {
    readonly violations: readonly {
      readonly from: string
      readonly to: string
      readonly rule: { readonly name: string }
    }[]
  }
}

export const repository: string = join(import.meta.dirname, '../..')

/** Runs the repository's walls over folders of `root`: the repository itself, or a tree that a test has planted. */
export function cruise(root: string, folders: readonly string[]): ModuleGraph {
  const tool = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const config = join(repository, '.dependency-cruiser.cjs')
  const text = execFileSync(process.execPath, [tool, '--config', config, '--output-type', 'json', ...folders], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  const { modules, summary } = JSON.parse(text) as CruiseResult
  return { modules, violations: summary.violations.map(({ from, to, rule }) => ({ from, to, rule: rule.name })) }
}

/** Every module that is imported from one of `entries`, directly or not. */
export function reachable(graph: ModuleGraph, entries: readonly string[]): ReadonlySet<string> {
  const imports = new Map(graph.modules.map(({ source, dependencies }) => [source, dependencies]))
  const found = new Set<string>()
  const left = [...entries]
  for (let source = left.pop(); source !== undefined; source = left.pop()) {
    if (found.has(source)) continue
    found.add(source)
    left.push(...(imports.get(source) ?? []).map(({ resolved }) => resolved))
  }
  return found
}
