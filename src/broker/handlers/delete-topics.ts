import { outcomeOf } from '../refusal.ts'
import type { Handler } from './handler.ts'

export const deleteTopics: Handler<'DeleteTopics'> = (request, { broker }) => ({
  responses: request.topicNames.map((name) => ({ name, ...outcomeOf(() => broker.topics.delete(name)) })),
})
