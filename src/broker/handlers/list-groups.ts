import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Handler } from './handler.ts'

/** Of all states unless some are named, in whatever case (KIP-518). */
export const listGroups: Handler<'ListGroups'> = ({ statesFilter }, { broker }) => {
  const states = new Set(statesFilter.map((state) => state.toLowerCase()))
  return {
    errorCode: kafkaError.NONE,
    groups: broker.groups.all
      .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
      .map(({ id, protocolType, state }) => ({
        groupId: id,
        protocolType: protocolType ?? '',
        groupState: state,
        groupType: 'classic',
      })),
  }
}
