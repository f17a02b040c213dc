/** The groups that a broker coordinates. */
export const listGroups = {
  key: 16,
  versions: [0, 5],
  flexible: 3,
  request: {
    statesFilter: 'string[] 4+',
    typesFilter: 'string[] 5+',
  },
  response: {
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    errorCode: 'int16',
    groups: {
      $: '[]',
      groupId: 'string',
      protocolType: 'string',
      groupState: 'string 4+ ignorable',
      groupType: 'string 5+ ignorable',
    },
  },
} as const
