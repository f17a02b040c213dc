import { outcomeOf } from '../refusal.ts'
import { checkTopicConfigs } from '../topics/topic-configs.ts'
import { checkAlteration, configResource, refuseBrokerConfigs, resourceTypes } from './config-resource.ts'
import type { Handler } from './handler.ts'

/** What is not given gets its default again. */
export const alterConfigs: Handler<'AlterConfigs'> = (request, { broker }) => ({
  responses: request.resources.map((resource) => {
    const { resourceType, resourceName } = resource
    const outcome = outcomeOf(() => {
      checkAlteration(resource, resource.configs)
      const configs = Object.fromEntries(resource.configs.map(({ name, value }) => [name, value]))
      // Kafka looks at the values first, and for the topic then.
      if (resourceType === resourceTypes.TOPIC) checkTopicConfigs(configs)
      if (configResource(resource, broker) === 'broker') refuseBrokerConfigs()
      if (!request.validateOnly) broker.topics.setConfigs(resourceName, configs)
    })
    return { ...outcome, resourceType, resourceName }
  }),
})
