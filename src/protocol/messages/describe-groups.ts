/** State and members of groups. */
export const describeGroups = {
  key: 15,
  versions: [0, 6],
  flexible: 5,
  request: {
    groups: 'string[]',
    includeAuthorizedOperations: 'bool 3+',
  },
  response: {
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    groups: {
      $: '[]',
      errorCode: 'int16',
      errorMessage: 'string? 6+ = null',
      groupId: 'string',
      groupState: 'string',
      protocolType: 'string',
      protocolData: 'string',
      members: {
        $: '[]',
        memberId: 'string',
        groupInstanceId: 'string? 4+ = null ignorable',
        clientId: 'string',
        clientHost: 'string',
        memberMetadata: 'bytes',
        memberAssignment: 'bytes',
      },
      authorizedOperations: 'int32 3+ = -2147483648',
    },
  },
} as const
