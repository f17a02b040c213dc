import { LinkTransport } from '../../src/client/link-transport.ts'
import { NetworkLink } from '../../src/client/network/network-link.ts'
import { saslMechanism } from '../../src/client/network/sasl/sasl-mechanism.ts'
import { parseAddress } from '../../src/client/parse-address.ts'
import type { SaslConfig } from '../../src/client/security-config.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { AnyRequest } from '../../src/protocol/messages/request.ts'
import { ScriptedNetwork, type Behaviour, type ScriptedStream } from './scripted-broker.ts'
import { SimulatedClock } from './simulated-clock.ts'

export interface ClientRig {
  readonly clock: SimulatedClock
  readonly network: ScriptedNetwork
  readonly transport: LinkTransport
}

export interface RigOptions {
  readonly addresses?: readonly string[]
  readonly sasl?: SaslConfig
  readonly nonce?: () => string
}

/** A transport on brokers in memory, and time that a test moves. */
export function clientRig(behaviour: Behaviour, options: RigOptions = {}): ClientRig {
  const { addresses = ['one:1'], sasl, nonce = () => 'nonce' } = options
  const clock = new SimulatedClock()
  const network = new ScriptedNetwork(behaviour)
  const random = seededRandom(1)
  const shared = { clock, random, requestTimeoutMs: 30_000 }
  const mechanism = sasl === undefined ? undefined : saslMechanism(sasl, nonce)
  const link = { ...shared, clientId: 'test', connectionTimeoutMs: 10_000, openStream: network.openStream, mechanism }
  const transport = new LinkTransport({
    ...shared,
    addresses,
    openLink: (address) => new NetworkLink({ ...link, ...parseAddress(address) }),
  })
  return { clock, network, transport }
}

/** The requests of one kind that a stream got. */
export function requestsOf(stream: ScriptedStream, api: AnyRequest['api']): readonly AnyRequest[] {
  return stream.requests.filter((request) => request.api === api)
}
