import type { Clock } from '../core/clock.ts'
import { topologyTopic } from '../planner/internal-topics.ts'
import type { Plan } from '../planner/plan.ts'
import type { AdminPort, KafkaPort } from '../runtime/port.ts'
import { TopologyGuard } from '../runtime/topology-guard.ts'
import { TopologyLog } from '../runtime/topology-log.ts'
import type { ResolvedConfig } from './resolved-config.ts'

/** The guard of an app's state, on its port and settings. */
export function topologyGuard(
  plan: Plan,
  parts: {
    readonly port: KafkaPort
    readonly admin: AdminPort
    readonly config: ResolvedConfig
    readonly clock: Clock
  },
): TopologyGuard {
  const { port, admin, config, clock } = parts
  const log = new TopologyLog({
    ...config,
    port,
    admin,
    topic: topologyTopic(plan.applicationId),
    producer: { ...config, bufferedBytesMax: config.producerBufferBytesMax },
  })
  return new TopologyGuard({
    plan,
    log,
    existing: async (topics) => new Set((await admin.partitionCounts(topics)).keys()),
    acceptTopology: config.acceptTopology,
    now: () => clock.now(),
  })
}
