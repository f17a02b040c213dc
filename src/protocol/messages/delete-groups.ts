/** Deletes groups without members. */
export const deleteGroups = {
  key: 42,
  versions: [0, 2],
  flexible: 2,
  request: {
    groupsNames: 'string[]',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    results: { $: '[]', groupId: 'string', errorCode: 'int16' },
  },
} as const
