/** Leaves a group: one member, or several from version 3. */
export const leaveGroup = {
  key: 13,
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: 'string',
    memberId: 'string 0-2',
    members: {
      $: '[] 3+',
      memberId: 'string',
      groupInstanceId: 'string? = null',
      reason: 'string? 5+ = null ignorable',
    },
  },
  response: {
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    errorCode: 'int16',
    members: {
      $: '[] 3+',
      memberId: 'string',
      groupInstanceId: 'string?',
      errorCode: 'int16',
    },
  },
} as const
