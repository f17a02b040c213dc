import { failedSync } from '../groups/group.ts'
import { unlessGone } from './group-answer.ts'
import type { Handler } from './handler.ts'

export const syncGroup: Handler<'SyncGroup'> = (request, context) =>
  unlessGone(context.broker.groups.sync(request), context, failedSync)
