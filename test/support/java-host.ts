/* Kafka's own clients and tools, and checks of ours that use them, in one JVM: test/conformance/broker/java. */
import { spawn, execFileSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { kafkaJars, kafkaVersion, mavenJars } from '../../src/testing/kafka-jars.ts'

const sources = join(import.meta.dirname, '../conformance/broker/java/interop')

/** What a program printed, and the status that it ended with. */
export interface ToolResult {
  readonly status: number
  readonly out: string
  readonly err: string
}

interface Answer extends ToolResult {
  readonly saw?: unknown
  readonly failure?: string
}

export class JavaHost {
  readonly #java: ChildProcessWithoutNullStreams
  readonly #classes: string
  readonly #waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = []

  private constructor(java: ChildProcessWithoutNullStreams, classes: string) {
    this.#java = java
    this.#classes = classes
    createInterface({ input: java.stdout }).on('line', (line) => this.#waiting.shift()!.resolve(JSON.parse(line)))
    // Writing to one that has ended: 'exit' tells whoever waits.
    java.stdin.on('error', () => {})
    java.once('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the JVM ended with status ${code}`))
    })
  }

  /** Compiles the checks, which needs a JDK: `.ci/run` installs one. */
  static async start(): Promise<JavaHost> {
    const libs = await kafkaJars(resolve('.cache', `kafka-${kafkaVersion}`))
    const streams = await mavenJars(resolve('.cache', `kafka-streams-${kafkaVersion}`), ['kafka-streams'])
    const classes = mkdtempSync(join(tmpdir(), 'millrace-java-'))
    const classpath = [classes, join(libs, '*'), join(streams, '*')].join(delimiter)
    const files = readdirSync(sources).map((name) => join(sources, name))
    execFileSync('javac', ['-d', classes, '-cp', classpath, ...files], { stdio: 'inherit' })
    // Short runs: what the optimizing compiler costs is never won back.
    const jvm = [
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
    ]
    const java = spawn('java', [...jvm, '-cp', classpath, 'interop.Host'], { stdio: ['pipe', 'pipe', 'inherit'] })
    return new JavaHost(java as unknown as ChildProcessWithoutNullStreams, classes)
  }

  /** What one of the checks saw; `Class.method`. */
  async check(name: string, bootstrap: string): Promise<unknown> {
    const { saw, failure } = await this.#ask({ check: name, bootstrap })
    if (failure !== undefined) throw new Error(`${name} failed:\n${failure}`)
    return saw
  }

  /** Runs a program as its command line would. */
  run(main: string, args: readonly string[], stdin = ''): Promise<ToolResult> {
    return this.#ask({ main, args, stdin })
  }

  #ask(request: object): Promise<Answer> {
    if (this.#java.exitCode !== null) return Promise.reject(new Error('the JVM has ended'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#java.stdin.write(`${JSON.stringify(request)}\n`)
    })
  }

  async stop(): Promise<void> {
    if (this.#java.exitCode === null) {
      const ended = new Promise((resolve) => this.#java.once('exit', resolve))
      this.#java.stdin.end()
      await ended
    }
    rmSync(this.#classes, { recursive: true })
  }
}
