import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const version = '3.0.9'
const cacheFolder = join(import.meta.dirname, '../../.cache')
const readyWithinMs = 120_000
const stopWithinMs = 10_000

const run = promisify(execFile)

/** A real schema registry of one's own, with Confluent's REST API under `url`. */
export interface ApicurioRegistry {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts Apicurio Registry on a free port of this machine, with an H2 database in memory: no broker, and nothing is left
 * after `stop`. Needs Java 17 and Maven; the first start downloads 109 MB into `.cache/`.
 */
export async function startApicurio(): Promise<ApicurioRegistry> {
  const folder = await unpacked()
  const port = await freePort()
  const registry = spawn(
    'java',
    ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-jar', `apicurio-registry-app-${version}-runner.jar`],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        QUARKUS_HTTP_HOST: '127.0.0.1',
        QUARKUS_HTTP_PORT: String(port),
        APICURIO_STORAGE_KIND: 'sql',
        APICURIO_STORAGE_SQL_KIND: 'h2',
      },
    },
  )
  const log = lastOutput(registry)
  try {
    await ready(registry, `http://127.0.0.1:${port}`)
  } catch (cause) {
    await stop(registry)
    throw new Error(`Apicurio Registry did not start; its last output:\n${log()}`, { cause })
  }
  return { url: `http://127.0.0.1:${port}/apis/ccompat/v7`, stop: () => stop(registry) }
}

/** The folder with the distribution; fetched once. Renamed into place, so that an interrupted fetch leaves no half of it. */
async function unpacked(): Promise<string> {
  const folder = join(cacheFolder, `apicurio-registry-${version}`)
  if (existsSync(folder)) return folder
  await mkdir(cacheFolder, { recursive: true })
  const partial = await mkdtemp(join(cacheFolder, 'apicurio-'))
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`
  await run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${partial}`])
  const archive = join(partial, `apicurio-registry-app-${version}-all.tar.gz`)
  await run('tar', ['-xzf', archive, '-C', partial])
  await rm(archive)
  await rename(partial, folder).catch(async (error: unknown) => {
    await rm(partial, { recursive: true })
    // Another test run may have been faster.
    if (!existsSync(folder)) throw error
  })
  return folder
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return address.port
}

function lastOutput(registry: ChildProcess): () => string {
  let text = ''
  for (const stream of [registry.stdout, registry.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-4_000)))
  }
  return () => text
}

/** Not before `/health/ready`: the port is open earlier, and then every call is an error. */
async function ready(registry: ChildProcess, base: string): Promise<void> {
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await wait(250)) {
    if (registry.exitCode !== null) throw new Error(`it exited with ${registry.exitCode}`)
    const answer = await fetch(`${base}/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (answer?.ok === true) return
  }
  throw new Error(`not ready within ${readyWithinMs} ms`)
}

async function stop(registry: ChildProcess): Promise<void> {
  if (registry.exitCode !== null || registry.signalCode !== null) return
  const exited = once(registry, 'exit')
  registry.kill('SIGTERM')
  const force = setTimeout(() => registry.kill('SIGKILL'), stopWithinMs)
  await exited
  clearTimeout(force)
}
