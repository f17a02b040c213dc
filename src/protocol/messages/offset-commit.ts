/** Commits offsets of a group. */
export const offsetCommit = {
  key: 8,
  versions: [2, 9],
  flexible: 8,
  request: {
    groupId: 'string',
    generationIdOrMemberEpoch: 'int32 = -1',
    memberId: 'string',
    groupInstanceId: 'string? 7+ = null',
    retentionTimeMs: 'int64 2-4 = -1 ignorable',
    topics: {
      $: '[]',
      name: 'string',
      partitions: {
        $: '[]',
        partitionIndex: 'int32',
        committedOffset: 'int64',
        committedLeaderEpoch: 'int32 6+ = -1 ignorable',
        committedMetadata: 'string?',
      },
    },
  },
  response: {
    throttleTimeMs: 'int32 3+ = 0 ignorable',
    topics: {
      $: '[]',
      name: 'string',
      partitions: { $: '[]', partitionIndex: 'int32', errorCode: 'int16' },
    },
  },
} as const
