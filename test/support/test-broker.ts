import { Broker, type BrokerOptions } from '../../src/broker/broker.ts'
import { failureChannel } from '../../src/broker/diagnostics.ts'
import { seededRandom } from '../../src/core/random.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { BrokerClient } from './broker-client.ts'

/** What a test's own handler throws. */
export class PlannedBug extends Error {}

// A client sees UNKNOWN_SERVER_ERROR and little else: here it fails the run with its stack.
failureChannel.subscribe(({ error }) => {
  if (!(error instanceof PlannedBug)) throw error
})

/** A broker in memory, in this process. */
export function newTestBroker(options: Partial<BrokerOptions> = {}): Broker {
  return new Broker({ clock: systemClock, random: seededRandom(1), ...options })
}

export function connectTo(broker: Broker): BrokerClient {
  return new BrokerClient(broker.connect())
}
