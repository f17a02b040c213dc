import { outcomeOf } from '../refusal.ts'
import type { Handler } from './handler.ts'

export const deleteGroups: Handler<'DeleteGroups'> = ({ groupsNames }, { broker }) => ({
  results: groupsNames.map((groupId) => ({
    groupId,
    errorCode: outcomeOf(() => broker.groups.delete(groupId)).errorCode,
  })),
})
