import { adminPromises } from './admin-promises.ts'
import { consumerPromises } from './consumer-promises.ts'
import type { PortUnderTest } from './port-under-test.ts'
import { producerPromises } from './producer-promises.ts'
import { restorePromises } from './restore-promises.ts'
import { rebalancePromises } from './rebalance-promises.ts'
import { transactionPromises } from './transaction-promises.ts'
import { truncationPromises } from './truncation-promises.ts'
import { wakeupPromise } from './wakeup-promise.ts'

/** The promises of src/runtime/port.ts, each a test that carries its number. Call it inside a `describe`. */
export function portSuite(under: () => PortUnderTest): void {
  adminPromises(under)
  producerPromises(under)
  transactionPromises(under)
  consumerPromises(under)
  rebalancePromises(under)
  truncationPromises(under)
  wakeupPromise(under)
  restorePromises(under)
}
