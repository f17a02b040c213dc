import { createApp, runApp } from 'millrace'
import topology from './topology.ts'

/*
 * The app as a service, until SIGTERM:
 *
 *   MILLRACE_BROKERS         host:port, several with commas (default: localhost:9092)
 *   MILLRACE_REGISTRY        URL of a Confluent-compatible schema registry
 *   MILLRACE_APPLICATION_ID  names the group and the internal topics (default: fraud-detection)
 */
const { MILLRACE_BROKERS: brokers, MILLRACE_REGISTRY: url, MILLRACE_APPLICATION_ID: applicationId } = process.env

try {
  if (url === undefined) throw new Error('MILLRACE_REGISTRY is not set: give the URL of a schema registry')
  const config = { schemaRegistry: { url }, ...(brokers && { brokers }), ...(applicationId && { applicationId }) }
  const app = createApp(topology, config)
  app.on('state', ({ to }) => console.error(`${app.plan.applicationId} is ${to}`))
  await runApp(app)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
