import { startKafka } from '../../../src/testing/kafka-server.ts'
import { startBroker } from '../../../src/broker/start-broker.ts'
import type { PortBroker } from './port-suite-on-broker.ts'

const compactionMs = 200

export function realKafka(): Promise<PortBroker> {
  const properties = {
    'group.min.session.timeout.ms': '500',
    'log.cleaner.backoff.ms': String(compactionMs),
    'log.initial.task.delay.ms': '100',
  }
  return startKafka({ properties })
}

/** In a thread of its own, as users have it. */
export async function embeddedBroker(): Promise<PortBroker> {
  const broker = await startBroker({ groupSessionTimeoutMinMs: 500 })
  const compacting = setInterval(() => void broker.maintain(), compactionMs)
  const stop = async (): Promise<void> => {
    clearInterval(compacting)
    await broker.stop()
  }
  return { bootstrap: broker.bootstrap, truncate: broker.faults.truncate, stop }
}
