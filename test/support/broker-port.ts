import type { Broker } from '../../src/broker/broker.ts'
import type { OpenStream } from '../../src/client/network/byte-stream.ts'
import { ownPort } from '../../src/client/own-port.ts'
import type { Clock } from '../../src/core/clock.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { KafkaPort } from '../../src/runtime/port.ts'

/** Our client on a broker in this process, without a network, by the same clock. */
export function brokerPort(broker: Broker, clock: Clock, requestTimeoutMs = 5_000): KafkaPort {
  const openStream: OpenStream = (_host, _port, listener) => {
    const end = broker.connect()
    let destroyed = false
    const unlessDestroyed = (tell: () => void): void => {
      if (!destroyed) tell()
    }
    setImmediate(() => unlessDestroyed(() => listener.onOpen()))
    end.on('data', (chunk: Buffer) => unlessDestroyed(() => listener.onBytes(chunk)))
    end.on('error', () => {})
    end.once('close', () => unlessDestroyed(() => listener.onEnd()))
    return {
      write: (pieces) => void end.write(Buffer.concat(pieces)),
      destroy: () => {
        destroyed = true
        end.destroy()
      },
    }
  }
  return ownPort({
    brokers: ['in-process:9092'],
    clientId: 'test',
    clock,
    random: seededRandom(1),
    requestTimeoutMs,
    connectionTimeoutMs: 1_000,
    openStream,
  })
}
