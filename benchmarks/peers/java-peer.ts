import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const source = join(import.meta.dirname, 'java')
const files = ['pom.xml', join('src', 'main', 'java', 'bench', 'Peer.java')]

/**
 * The class path of the Kafka Streams peer: built by Maven into the cache, unless this very version of it stands there.
 *
 * @throws Error when Maven or Java is missing, or the build fails
 */
export function javaClassPath(cache: string): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(join(source, file)))
  const home = join(cache, `peers-${hash.digest('hex').slice(0, 12)}`)
  const done = join(home, 'built')
  if (!existsSync(done)) {
    mkdirSync(home, { recursive: true })
    for (const part of ['pom.xml', 'src']) cpSync(join(source, part), join(home, part), { recursive: true })
    build(home)
    writeFileSync(done, '')
  }
  return [join(home, 'target', 'classes'), join(home, 'target', 'lib', '*')].join(delimiter)
}

/** Offline first: the libraries of a build before this one are enough. */
function build(cwd: string): void {
  const goals = ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib']
  if (spawnSync('mvn', ['-o', ...goals], { cwd, stdio: 'ignore' }).status === 0) return
  const { status, error } = spawnSync('mvn', goals, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`Maven could not build the Java peer in ${cwd}: ${error?.message ?? 'see above'}`)
}
