/* `npm run kafka`: a real Apache Kafka for trying things out, until Ctrl-C. */
import { join, resolve } from 'node:path'
import { kafkaVersion } from '../testing/kafka-jars.ts'
import { startKafka } from '../testing/kafka-server.ts'

const usage = 'usage: npm run kafka -- [port] [partitions]   (default: a free port, topics of 1 partition)'

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`${JSON.stringify(text)} is not a whole number above 0; ${usage}`)
}

async function main(args: readonly string[]): Promise<void> {
  const [port, partitions] = args.map(wholeNumber)
  const cache = process.env['MILLRACE_CACHE']
  const kafka = await startKafka({
    ...(port === undefined ? {} : { port }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(cache === undefined ? {} : { cacheDir: join(resolve(cache), `kafka-${kafkaVersion}`) }),
  })
  process.stdout.write(
    `Kafka listens on ${kafka.bootstrap} (pid ${kafka.pid}); its data is deleted when it stops. Ctrl-C stops it.\n`,
  )
  const stop = (): void => {
    void kafka.stop().then(() => process.exit(0))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
