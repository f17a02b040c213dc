/* An app with calls in flight in a process of its own, to be killed: answered-child.ts BROKERS CLIENT [QUICK_CALLS] */
import { createApp } from '../../src/app/create-app.ts'
import { runApp } from '../../src/app/run-app.ts'
import { sleep } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { answeredOrders } from './answered-orders.ts'

const random = seededRandom(process.pid)
/** Then each takes a second, so that it is still in the middle when the kill comes, however late that is. */
let quickCallsLeft = Number(process.argv[4] ?? Infinity)

const built = answeredOrders(async (order) => {
  await sleep(systemClock, quickCallsLeft-- > 0 ? 5 + random() * 30 : 1_000)
  if (random() < 0.05) throw new Error('busy')
  return order
})
const app = createApp(built, {
  brokers: process.argv[2] ?? '',
  client: process.argv[3] === 'kafkajs' ? 'kafkajs' : 'millrace',
  commitIntervalMs: 150,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  replicationFactor: 1,
})
app.on('state', ({ to }) => console.log(to))
await runApp(app)
