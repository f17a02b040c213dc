import { startBroker, startKafka, startSchemaRegistry } from 'millrace/testing'

/** A broker and a schema registry of one's own. */
export interface Servers {
  readonly brokers: string
  readonly registryUrl: string
  stop(): Promise<void>
}

/** Both in this process, with nothing kept; or a real Kafka in a process beside it (Java, and Maven for its jars). */
export async function startServers(options: { readonly realKafka: boolean }): Promise<Servers> {
  const registry = await startSchemaRegistry()
  try {
    const broker = await (options.realKafka ? startKafka() : startBroker())
    return {
      brokers: broker.bootstrap,
      registryUrl: registry.url,
      async stop() {
        await broker.stop()
        await registry.stop()
      },
    }
  } catch (error) {
    await registry.stop()
    throw error
  }
}
