/* The resources that have configs (Kafka's ConfigResource.Type). */
import type { BrokerState } from '../broker-state.ts'
import { Refusal } from '../refusal.ts'

export const resourceTypes = { TOPIC: 2, BROKER: 4 } as const

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

/**
 * The topic that is meant, or the broker; the empty name stands for all brokers.
 *
 * @throws Refusal when there is no such thing
 */
export function configResource(
  { resourceType: type, resourceName }: ConfigResource,
  broker: BrokerState,
): 'topic' | 'broker' {
  if (type === resourceTypes.TOPIC) {
    if (broker.topics.get(resourceName) === undefined)
      throw new Refusal('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${resourceName}' does not exist.`)
    return 'topic'
  }
  if (type !== resourceTypes.BROKER)
    throw new Refusal(
      'INVALID_REQUEST',
      `Unexpected resource type ${type}: only topics (2) and brokers (4) have configs here`,
    )
  if (resourceName !== '' && resourceName !== String(broker.nodeId))
    throw new Refusal(
      'INVALID_REQUEST',
      `Unexpected broker id, expected ${broker.nodeId} or empty string, but received ${resourceName}`,
    )
  return 'broker'
}

interface SetConfig {
  readonly name: string
  readonly value: string | null
}

/** What Kafka looks at before anything else. @throws Refusal INVALID_REQUEST */
export function checkAlteration({ resourceType, resourceName }: ConfigResource, set: readonly SetConfig[]): void {
  const nulls = set.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) throw new Refusal('INVALID_REQUEST', `Null value not supported for : ${nulls.join(',')}`)
  if (resourceType === resourceTypes.TOPIC && resourceName === '')
    throw new Refusal('INVALID_REQUEST', 'Default topic resources are not allowed.')
}

/** @throws Refusal POLICY_VIOLATION: nothing of this broker can be changed while it runs */
export function refuseBrokerConfigs(): never {
  throw new Refusal('POLICY_VIOLATION', 'the configs of this embedded broker are given to it when it starts')
}
