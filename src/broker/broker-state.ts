import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { BrokerConfig } from './broker-config.ts'
import { Faults } from './faults/faults.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import type { Handlers } from './handlers/handler.ts'
import type { Storage } from './log/storage.ts'
import { randomId } from './random-id.ts'
import { Topics } from './topics/topics.ts'
import { TransactionCoordinator } from './transactions/transaction-coordinator.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** All that a broker knows, for its handlers; no logic of its own. There is one node. */
export interface BrokerState {
  readonly clock: Clock
  readonly random: Random
  readonly clusterId: string
  readonly nodeId: number
  /** Where clients are told to connect: known once the listener is bound. */
  readonly address: () => BrokerAddress
  readonly config: BrokerConfig
  readonly storage: Storage
  readonly handlers: Handlers
  readonly topics: Topics
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly faults: Faults
}

export type BrokerParts = Pick<BrokerState, 'clock' | 'random' | 'address' | 'config' | 'storage' | 'handlers'>

export function createBrokerState(parts: BrokerParts): BrokerState {
  const { storage, clock, random, config } = parts
  const topics = new Topics({ storage, clock, random, limits: config.limits })
  const groups = new GroupCoordinator({ storage, clock, random, config })
  topics.onDelete(({ name }) => groups.forgetTopic(name))
  return {
    ...parts,
    clusterId: keptClusterId(storage, random),
    nodeId: 1,
    topics,
    groups,
    transactions: new TransactionCoordinator({ storage, clock, config, topics, groups }),
    faults: new Faults(clock),
  }
}

const clusterFile = 'cluster-id'

/** Of this data, for as long as it is kept. */
function keptClusterId(storage: Storage, random: Random): string {
  const kept = storage.read(clusterFile)?.toString()
  if (kept !== undefined && kept !== '') return kept
  const clusterId = randomId(random)
  storage.replace(clusterFile, Buffer.from(clusterId))
  return clusterId
}
