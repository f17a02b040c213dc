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

function newWorker(options: StartBrokerOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./broker-worker.js', import.meta.url), { workerData: options })
  // Unbuilt sources: threads do not inherit what lets this one run TypeScript.
  const program = JSON.stringify(new URL('./broker-worker.ts', import.meta.url).href)
  const start = `import('tsx/esm/api').then(({ register }) => { register(); return import(${program}) })`
  return new Worker(start, { eval: true, workerData: options, execArgv: ['--conditions=source'] })
}

function failure(message: string): BrokerError {
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false })
}
