/** Joins a group and waits until all members have. The leader gets what every member subscribed to. */
export const joinGroup = {
  key: 11,
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: 'string',
    sessionTimeoutMs: 'int32',
    rebalanceTimeoutMs: 'int32 1+ = -1 ignorable',
    memberId: 'string',
    groupInstanceId: 'string? 5+ = null',
    protocolType: 'string',
    protocols: { $: '[]', name: 'string', metadata: 'bytes' },
    reason: 'string? 8+ = null ignorable',
  },
  response: {
    throttleTimeMs: 'int32 2+ = 0 ignorable',
    errorCode: 'int16',
    generationId: 'int32 = -1',
    protocolType: 'string? 7+ = null ignorable',
    protocolName: 'string?7+',
    leader: 'string',
    skipAssignment: 'bool 9+ = false',
    memberId: 'string',
    members: {
      $: '[]',
      memberId: 'string',
      groupInstanceId: 'string? 5+ = null ignorable',
      metadata: 'bytes',
    },
  },
} as const
