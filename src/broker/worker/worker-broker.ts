import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { BrokerError } from '../../core/errors.ts'
import type { BrokerAddress } from '../broker-state.ts'
import type { BrokerControl } from '../broker-control.ts'
import type { StartBrokerOptions } from '../start-options.ts'
import type { FromWorker } from './worker-messages.ts'

interface Pending {
  resolve(value: never): void
  reject(error: Error): void
}

/** The near end of a broker in a worker thread. */
export class WorkerBroker {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #callId = 0
  #isOver: string | undefined
  address!: BrokerAddress

  static async start(options: StartBrokerOptions): Promise<WorkerBroker> {
    const broker = new WorkerBroker(newWorker(options))
    await broker.#started()
    return broker
  }

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()))
  }

  #started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (message: string): void => {
        this.#end(message)
        reject(failure(message))
      }
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind === 'failed') {
          fail(message.message)
          void this.#worker.terminate()
        } else if (message.kind === 'ready') {
          this.address = message.address
          resolve()
        } else this.#settle(message)
      })
      this.#worker.on('error', (error) => fail(`the broker's thread failed: ${error.message}`))
      this.#worker.on('exit', () => fail('the broker has been stopped'))
    })
  }

  #settle(message: Extract<FromWorker, { readonly id: number }>): void {
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (message.kind === 'returned') pending?.resolve(message.value as never)
    else pending?.reject(failure(message.message))
  }

  #end(reason: string): void {
    this.#isOver ??= reason
    for (const { reject } of this.#pending.values()) reject(failure(this.#isOver))
    this.#pending.clear()
  }

  async call<N extends keyof BrokerControl>(
    name: N,
    args: Parameters<BrokerControl[N]>,
  ): Promise<Awaited<ReturnType<BrokerControl[N]>>> {
    if (this.#isOver !== undefined) throw failure(this.#isOver)
    const id = this.#callId++
    const answer = new Promise<never>((resolve, reject) => this.#pending.set(id, { resolve, reject }))
    this.#worker.postMessage({ id, name, args })
    const value = await answer
    if (name === 'close') {
      await this.#worker.terminate()
      await this.#exited
    }
    return value
  }
}

/** `execArgv`: the flags of this process are not meant for the broker; a loader among them would cost it half a second. */
function newWorker(options: StartBrokerOptions): Worker {
  const execArgv: string[] = []
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./broker-worker.js', import.meta.url), { workerData: options, execArgv })
  const workerData = { ...options, program: fileURLToPath(sourceProgram) }
  return new Worker(unbuilt, { eval: true, workerData, execArgv })
}

const sourceProgram = new URL('./broker-worker.ts', import.meta.url)

/** Threads do not inherit what lets this one run TypeScript. As in the build, one file is what starts fast. */
const unbuilt = `
  const { workerData } = require('node:worker_threads')
  const { buildSync } = require('node:module').createRequire(workerData.program)('esbuild')
  const { outputFiles } = buildSync({
    entryPoints: [workerData.program],
    bundle: true, write: false, platform: 'node', format: 'esm', packages: 'external', sourcemap: 'inline',
    define: { 'import.meta.url': JSON.stringify(require('node:url').pathToFileURL(workerData.program).href) },
  })
  process.setSourceMapsEnabled(true)
  import('data:text/javascript;base64,' + Buffer.from(outputFiles[0].contents).toString('base64'))`

function failure(message: string): BrokerError {
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false })
}
