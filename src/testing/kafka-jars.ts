/* Apache Kafka's jars, fetched once with Maven into a cache folder. No Docker, no download page: a proxy for Maven is enough. */
import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { BrokerError } from '../core/errors.ts'

export const kafkaVersion = '4.1.0'

const run = promisify(execFile)
const fetchTimeoutMs = 600_000

const pom = (artifacts: readonly string[]): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId><artifactId>kafka-server</artifactId><version>1</version>
  <dependencies>
${artifacts.map((name) => `    <dependency><groupId>org.apache.kafka</groupId><artifactId>${name}</artifactId><version>${kafkaVersion}</version></dependency>`).join('\n')}
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

/** Runs a program and says what to do when it is missing or fails. */
export async function runTool(program: 'java' | 'mvn', args: readonly string[], timeoutMs: number): Promise<string> {
  try {
    const { stdout } = await run(program, [...args], { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    throw toolError(program, args, error as NodeJS.ErrnoException & { stdout?: string; stderr?: string })
  }
}

export function toolError(
  program: 'java' | 'mvn',
  args: readonly string[],
  error: NodeJS.ErrnoException & { stdout?: string; stderr?: string },
): BrokerError {
  const needs =
    program === 'java' ? 'Java 17 or newer (apt: openjdk-17-jre-headless)' : 'Maven 3.8 or newer (apt: maven)'
  const message =
    error.code === 'ENOENT'
      ? `the real Kafka needs ${needs}, and \`${program}\` is not on the PATH. Install it and start again`
      : `\`${program} ${args.join(' ').slice(0, 300)}\` failed: ${(error.stderr || error.stdout || error.message).slice(-2000)}`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false, cause: error })
}

/** The folder with the jars of the broker and its tools, fetched on first use. */
export function kafkaJars(cacheDir: string): Promise<string> {
  return mavenJars(cacheDir, ['kafka_2.13', 'kafka-tools'])
}

/**
 * The folder with the jars of some of Apache Kafka's artifacts and of all that they need, fetched on first use.
 *
 * Two processes may do so at once: each fetches into a folder of its own and renames it into place; the first wins.
 */
export async function mavenJars(cacheDir: string, artifacts: readonly string[]): Promise<string> {
  const libs = join(cacheDir, 'libs')
  if (await exists(libs)) return libs
  await mkdir(dirname(cacheDir), { recursive: true })
  const fresh = await mkdtemp(`${cacheDir}-fetch-`)
  try {
    await writeFile(join(fresh, 'pom.xml'), pom(artifacts))
    const output = `-DoutputDirectory=${join(fresh, 'libs')}`
    const goal = [
      '-B',
      '-q',
      '-f',
      join(fresh, 'pom.xml'),
      'dependency:copy-dependencies',
      output,
      '-DincludeScope=runtime',
    ]
    await runTool('mvn', goal, fetchTimeoutMs)
    await mkdir(cacheDir, { recursive: true })
    await rename(join(fresh, 'libs'), libs).catch(async (error: unknown) => {
      if (!(await exists(libs))) throw error
    })
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return libs
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
