/* The worker thread's program. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import type { BrokerControl } from '../broker-control.ts'
import { openBroker } from '../open-broker.ts'
import type { StartBrokerOptions } from '../start-options.ts'
import type { Call, FromWorker } from './worker-messages.ts'

assert(parentPort !== null, 'the program of a worker runs in the main thread')
const port = parentPort

const post = (message: FromWorker): void => port.postMessage(message)
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function serve(control: BrokerControl): void {
  port.on('message', async ({ id, name, args }: Call) => {
    try {
      const method = control[name as keyof BrokerControl] as (...args: readonly unknown[]) => unknown
      post({ kind: 'returned', id, value: await method.apply(control, [...args]) })
    } catch (error) {
      post({ kind: 'threw', id, message: messageOf(error) })
    }
  })
}

try {
  const broker = await openBroker(workerData as StartBrokerOptions)
  serve(broker.control)
  post({ kind: 'ready', address: broker.address })
} catch (error) {
  post({ kind: 'failed', message: messageOf(error) })
}
