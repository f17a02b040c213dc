/* The suites of test/app run on several brokers, by several clients; test/vitest.config.ts says which. */
import { inject } from 'vitest'
import { startBroker } from '../../src/broker/start-broker.ts'
import { startKafka } from '../../src/testing/kafka-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly broker: 'embedded' | 'kafka'
    readonly client: 'millrace' | 'kafkajs'
  }
}

export interface AppBroker {
  /** `host:port` */
  readonly bootstrap: string
  readonly port: number
  stop(): Promise<void>
}

export const isRealKafka = (): boolean => inject('broker') === 'kafka'

export function startAppBroker(): Promise<AppBroker> {
  return isRealKafka() ? startKafka() : startBroker()
}

const retentionMs = 500

/** Deletes what is past its retention every half second, as any broker does in the end. */
export function startForgetfulBroker(): Promise<AppBroker> {
  return isRealKafka() ? startForgetfulKafka() : startForgetfulEmbedded()
}

function startForgetfulKafka(): Promise<AppBroker> {
  const properties = {
    'log.retention.check.interval.ms': String(retentionMs),
    'log.initial.task.delay.ms': String(retentionMs),
    'log.cleaner.backoff.ms': String(retentionMs),
  }
  return startKafka({ properties })
}

async function startForgetfulEmbedded(): Promise<AppBroker> {
  const broker = await startBroker()
  const failures: unknown[] = []
  let maintaining: Promise<void> = Promise.resolve()
  const maintain = (): void => {
    maintaining = maintaining.then(() => broker.maintain()).catch((error: unknown) => void failures.push(error))
  }
  const timer = setInterval(maintain, retentionMs)
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    await maintaining
    await broker.stop()
    if (failures.length > 0) throw failures[0]
  }
  return { bootstrap: broker.bootstrap, port: broker.port, stop: () => (stopped ??= stop()) }
}
