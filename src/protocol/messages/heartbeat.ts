/** Tells the coordinator of a group that a member lives. */
export const heartbeat = {
  key: 12,
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: 'string',
    generationId: 'int32',
    memberId: 'string',
    groupInstanceId: 'string? 3+ = null',
  },
  response: {
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    errorCode: 'int16',
  },
} as const
