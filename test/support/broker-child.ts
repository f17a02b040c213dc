import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { BrokerClient } from './broker-client.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

/** `millrace broker` in a process of its own, on a free port. */
export class BrokerChild {
  static readonly #running = new Set<BrokerChild>()
  readonly #process: ChildProcessWithoutNullStreams
  readonly #exit: Promise<readonly unknown[]>
  readonly #clients: BrokerClient[] = []
  output = ''
  port = 0

  static async start(...args: readonly string[]): Promise<BrokerChild> {
    const child = new BrokerChild(args)
    BrokerChild.#running.add(child)
    await child.#ready()
    return child
  }

  /** What a test that failed has left. */
  static async killAll(): Promise<void> {
    for (const child of BrokerChild.#running) await child.end('SIGKILL')
  }

  private constructor(args: readonly string[]) {
    const node = ['--import', 'tsx', '--conditions', 'source', main, 'broker', '--port', '0', ...args]
    this.#process = spawn(process.execPath, node, { stdio: 'pipe' })
    this.#exit = once(this.#process, 'exit')
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
  }

  async #ready(): Promise<void> {
    const pattern = /listens on 127\.0\.0\.1:(\d+)/
    const listening = (): boolean => pattern.test(this.output)
    while (!listening()) {
      const [what] = await Promise.race([once(this.#process.stdout, 'data'), this.#exit])
      if (!listening() && (what === null || typeof what === 'number'))
        throw new Error(`the broker did not start: ${this.output}`)
    }
    this.port = Number(pattern.exec(this.output)![1])
  }

  get pid(): number {
    return this.#process.pid!
  }

  connect(): BrokerClient {
    const client = new BrokerClient(connect({ port: this.port, host: '127.0.0.1', noDelay: true }))
    this.#clients.push(client)
    return client
  }

  /** Sends the signal and gives the code, or the signal, that it ended with. */
  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.#process.kill(signal)
    const [code, endedBy] = await this.#exit
    BrokerChild.#running.delete(this)
    for (const client of this.#clients) client.close()
    return code ?? endedBy
  }
}
