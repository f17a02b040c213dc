/* Millrace as a user would write it: main.ts, with the job and its topics in the environment. */
import { createApp, runApp } from 'millrace'
import { keepLarge, perMinute } from './topologies.ts'

const { JOB, INPUT = '', OUTPUT = '', GROUP = '', BROKERS = '' } = process.env
const topics = { input: INPUT, output: OUTPUT }
const app = createApp(JOB === 'J2' ? perMinute(topics) : keepLarge(topics), {
  applicationId: GROUP,
  brokers: BROKERS,
  client: 'millrace',
  replicationFactor: 1,
})
// Before its first record: what it measures of itself begins a little earlier than for the others.
app.on('state', ({ to }) => to === 'running' && console.log('FIRST'))
await runApp(app)
