import type { RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerState } from '../broker-state.ts'
import { outcomeOf, Refusal } from '../refusal.ts'
import { listItems } from '../topics/config-value.ts'
import { topicConfigTable } from '../topics/topic-config-table.ts'
import { checkTopicConfigs, topicConfig, type TopicConfigs } from '../topics/topic-configs.ts'
import { checkAlteration, configResource, refuseBrokerConfigs, resourceTypes } from './config-resource.ts'
import type { Handler } from './handler.ts'

type Resource = RequestOf<'IncrementalAlterConfigs'>['resources'][number]
type Alteration = Resource['configs'][number]

/** Kafka's AlterConfigOp.OpType. */
const operation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const

export const incrementalAlterConfigs: Handler<'IncrementalAlterConfigs'> = (request, { broker }) => ({
  responses: request.resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const outcome = outcomeOf(() => {
      const set = resource.configs.filter(({ configOperation }) => configOperation !== operation.DELETE)
      checkAlteration(resource, set)
      // Kafka looks at the values first, and for the topic then.
      const configs = resourceType === resourceTypes.TOPIC ? altered(resource, broker) : {}
      if (configResource(resource, broker) === 'broker') refuseBrokerConfigs()
      if (!request.validateOnly) broker.topics.setConfigs(resourceName, configs)
    })
    return { ...outcome, resourceType, resourceName }
  }),
})

/** @throws Refusal */
function altered({ resourceName, configs: alterations }: Resource, broker: BrokerState): TopicConfigs {
  const names = alterations.map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw new Refusal('INVALID_REQUEST', `Error due to duplicate config keys: ${names.join(', ')}`)
  const configs = new Map<string, string | null>(Object.entries(broker.topics.get(resourceName)?.configs ?? {}))
  for (const alteration of alterations) alter(configs, alteration)
  return checkTopicConfigs(Object.fromEntries(configs))
}

function alter(configs: Map<string, string | null>, alteration: Alteration): void {
  const { name, configOperation, value } = alteration
  switch (configOperation) {
    case operation.SET:
      configs.set(name, value)
      return
    case operation.DELETE:
      configs.delete(name)
      return
    case operation.APPEND:
    case operation.SUBTRACT:
      configs.set(name, alteredList(configs, alteration))
      return
    default:
      throw new Refusal('INVALID_REQUEST', `Unknown operation ${configOperation} on config ${name}`)
  }
}

function alteredList(configs: Map<string, string | null>, { name, configOperation, value }: Alteration): string {
  if (!Object.hasOwn(topicConfigTable, name) || topicConfigTable[name]?.type !== 'LIST')
    throw new Refusal('INVALID_CONFIG', `Can't append to or subtract from config ${name}: it is no list`)
  const items = listItems(configs.get(name) ?? topicConfig({}, name))
  const given = listItems(value ?? '')
  return configOperation === operation.APPEND
    ? [...new Set([...items, ...given])].join(',')
    : items.filter((item) => !given.includes(item)).join(',')
}
