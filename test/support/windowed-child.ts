/* An app in a process of its own, to be killed: windowed-child.ts BROKERS CLIENT [QUICK_VISITS] */
import { createApp } from '../../src/app/create-app.ts'
import { runApp } from '../../src/app/run-app.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { windowedIds } from './windowed-ids.ts'

const visitMs = 0.3
/** So that it is still in the middle when the kill comes, however late that is. */
const slowVisitMs = 25
let quickVisitsLeft = Number(process.argv[4] ?? Infinity)

function work(): void {
  const end = systemClock.monotonic() + (quickVisitsLeft-- > 0 ? visitMs : slowVisitMs)
  while (systemClock.monotonic() < end);
}

const app = createApp(windowedIds(work), {
  brokers: process.argv[2] ?? '',
  client: process.argv[3] === 'kafkajs' ? 'kafkajs' : 'millrace',
  commitIntervalMs: 150,
  maxRecordsPerTurn: 20,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 500,
  replicationFactor: 1,
})
app.on('state', ({ to }) => console.log(to))
await runApp(app)
console.log(JSON.stringify(app.metrics()))
