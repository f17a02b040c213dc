import { outcomeOf } from '../refusal.ts'
import { checkTopicConfigs } from '../topics/topic-configs.ts'
import { configResource, refuseBrokerConfigs } from './config-resource.ts'
import type { Handler } from './handler.ts'

/** What is not given gets its default again. */
export const alterConfigs: Handler<'AlterConfigs'> = (request, { broker }) => ({
  responses: request.resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const outcome = outcomeOf(() => {
      if (configResource(resource, broker) === 'broker') refuseBrokerConfigs()
      const configs = Object.fromEntries(resource.configs.map(({ name, value }) => [name, value]))
      if (request.validateOnly) checkTopicConfigs(configs)
      else broker.topics.setConfigs(resourceName, configs)
    })
    return { ...outcome, resourceType, resourceName }
  }),
})
