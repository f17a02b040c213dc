import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerState } from '../broker-state.ts'
import { outcomeOf } from '../refusal.ts'
import { brokerConfigs } from '../topics/broker-configs.ts'
import { effectiveConfigs, type EffectiveConfig } from '../topics/effective-configs.ts'
import { checkTopicName } from '../topics/topic-name.ts'
import { configResource, resourceTypes } from './config-resource.ts'
import type { Handler } from './handler.ts'

type Wanted = RequestOf<'DescribeConfigs'>['resources'][number]
type Answer = NewResponse<'DescribeConfigs'>['results'][number]

export const describeConfigs: Handler<'DescribeConfigs'> = (request, { broker }) => ({
  results: request.resources.map((wanted) => described(wanted, request.includeSynonyms, broker)),
})

function described(wanted: Wanted, includeSynonyms: boolean, broker: BrokerState): Answer {
  const { resourceType, resourceName, configurationKeys } = wanted
  let all: readonly EffectiveConfig[] = []
  const outcome = outcomeOf(() => (all = configsOf(wanted, broker)))
  // No names: all of them, as null says.
  const names = new Set(configurationKeys)
  const configs = names.size === 0 ? all : all.filter(({ name }) => names.has(name))
  return {
    ...outcome,
    resourceType,
    resourceName,
    configs: configs.map(({ synonyms, ...config }) => ({
      ...config,
      synonyms: includeSynonyms ? synonyms : [],
      documentation: null,
    })),
  }
}

function configsOf(wanted: Wanted, broker: BrokerState): EffectiveConfig[] {
  if (wanted.resourceType === resourceTypes.TOPIC) checkTopicName(wanted.resourceName)
  if (configResource(wanted, broker) === 'topic')
    return effectiveConfigs(broker.topics.get(wanted.resourceName)!.configs)
  // Of all brokers together nothing is set.
  return wanted.resourceName === '' ? [] : brokerConfigs(broker)
}
