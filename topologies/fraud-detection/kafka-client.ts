import kafkajs, { Kafka, logLevel, type Admin } from 'kafkajs'
import { kafkaJsCodec } from 'millrace'

// What the app writes is LZ4, which KafkaJS does not bring.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = kafkaJsCodec('lz4')

/** KafkaJS, for what feeds and reads topics around the app. Its log is off, as what fails is thrown. */
export function kafkaClient(brokers: string): Kafka {
  return new Kafka({
    clientId: 'fraud-detection-tools',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 2_000 },
  })
}

/** @throws Error naming the address when no broker answers; within half a minute */
export async function connectAdmin(kafka: Kafka, brokers: string): Promise<Admin> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    return admin
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`no Kafka broker answers at ${brokers}: ${why}`, { cause })
  }
}
