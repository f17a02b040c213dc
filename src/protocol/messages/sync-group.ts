/** Hands the leader's assignment to the coordinator, and each member its part. */
export const syncGroup = {
  key: 14,
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: 'string',
    generationId: 'int32',
    memberId: 'string',
    groupInstanceId: 'string? 3+ = null',
    protocolType: 'string? 5+ = null ignorable',
    protocolName: 'string? 5+ = null ignorable',
    assignments: { $: '[]', memberId: 'string', assignment: 'bytes' },
  },
  response: {
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    errorCode: 'int16',
    protocolType: 'string? 5+ = null ignorable',
    protocolName: 'string? 5+ = null ignorable',
    assignment: 'bytes',
  },
} as const
