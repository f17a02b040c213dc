import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Case } from '../streams/case.ts'
import type { Candidate } from './generate.ts'
import { runTool } from './tool.ts'

/** `memory`: one run with stores in memory. `all`: the five runs of the oracle's README, which tell what is an accident. */
export type Evaluation = 'memory' | 'all'

/** What the real library said; `sensitive` when its five runs did not agree. */
export type Answered = Case & { readonly expected: { readonly sensitive?: readonly string[] } }

/** The real Kafka Streams, asked for many cases with one start of the JVM. */
export interface Oracle {
  /** One answer for each candidate; undefined where the oracle itself failed. */
  ask(candidates: readonly Candidate[], evaluation: Evaluation): readonly (Answered | undefined)[]
  /** Fills in `expected` in every file of a folder, in the oracle's own layout. */
  fill(folder: string): void
}

const source = join(import.meta.dirname, '../oracle')

/** Builds the oracle unless this very version of it stands in the cache. */
export function openOracle(cache: string, scratch: string): Oracle {
  const classpath = builtOracle(cache)
  return {
    ask(candidates, evaluation) {
      const folder = mkdtempSync(join(scratch, 'ask-'))
      const file = (index: number): string => join(folder, `${String(index).padStart(6, '0')}.json`)
      // An old answer must not stand in for one that the oracle fails to give.
      candidates.forEach((one, index) => writeFileSync(file(index), JSON.stringify({ ...one, expected: undefined })))
      write(folder, evaluation)
      const answers = candidates.map((_, index) => JSON.parse(readFileSync(file(index), 'utf8')) as Answered)
      rmSync(folder, { recursive: true })
      return answers.map((answer) => ('expected' in answer ? answer : undefined))
    },
    fill(folder) {
      write(folder, 'all')
    },
  }

  function write(folder: string, evaluation: Evaluation): void {
    const jvm = [`-Djava.io.tmpdir=${scratch}`, '-Xmx1g', '-XX:+UseSerialGC', '-cp', classpath]
    const { status, stderr } = runTool('java', [...jvm, 'oracle.Oracle', '--write', folder], {
      env: evaluation === 'memory' ? { ORACLE_FAST: '1' } : {},
    })
    // Status 1 with FAILED lines: some cases have no answer, which the caller sees; anything else is a broken oracle.
    if (status !== 0 && !stderr.includes('FAILED ')) throw new Error(`The oracle failed:\n${stderr.trim()}`)
  }
}

/** Maven writes beside its pom.xml, so it gets a copy: the sources stay clean. */
function builtOracle(cache: string): string {
  const home = join(cache, `oracle-${versionOfSources()}`)
  const target = join(home, 'target')
  const done = join(home, 'built')
  if (!existsSync(done)) {
    mkdirSync(home, { recursive: true })
    for (const part of ['pom.xml', 'src']) cpSync(join(source, part), join(home, part), { recursive: true })
    const goals = ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib']
    const offline = runTool('mvn', ['-o', ...goals], { cwd: home })
    const build = offline.status === 0 ? offline : runTool('mvn', goals, { cwd: home })
    if (build.status !== 0) throw new Error(`Maven could not build the oracle in ${home}; run mvn there to see why.`)
    writeFileSync(done, '')
  }
  return [join(target, 'classes'), join(target, 'lib', '*')].join(delimiter)
}

function versionOfSources(): string {
  const hash = createHash('sha256')
  const java = readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.java'),
  )
  for (const file of ['pom.xml', ...java.toSorted().map((name) => join('src', name))])
    hash.update(readFileSync(join(source, file)))
  return hash.digest('hex').slice(0, 12)
}
