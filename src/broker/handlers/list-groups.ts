import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Handler } from './handler.ts'

/** All there are here. */
const groupType = 'classic'

/** Of all states and types unless some are named, in whatever case (KIP-518, KIP-848). */
export const listGroups: Handler<'ListGroups'> = ({ statesFilter, typesFilter }, { broker }) => {
  const states = filterOf(statesFilter)
  const types = filterOf(typesFilter)
  return {
    errorCode: kafkaError.NONE,
    groups: broker.groups.all
      .filter(({ state }) => states(state) && types(groupType))
      .map(({ id, protocolType, state }) => ({
        groupId: id,
        protocolType: protocolType ?? '',
        groupState: state,
        groupType,
      })),
  }
}

function filterOf(wanted: readonly string[]): (value: string) => boolean {
  const names = new Set(wanted.map((name) => name.toLowerCase()))
  return (value) => names.size === 0 || names.has(value.toLowerCase())
}
