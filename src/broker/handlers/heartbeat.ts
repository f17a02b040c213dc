import { outcomeOf } from '../refusal.ts'
import type { Handler } from './handler.ts'

export const heartbeat: Handler<'Heartbeat'> = (request, { broker }) => ({
  errorCode: outcomeOf(() => broker.groups.heartbeat(request)).errorCode,
})
