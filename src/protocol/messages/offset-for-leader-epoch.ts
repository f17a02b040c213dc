/** Where a leader epoch ends, to find out whether a log was truncated (KIP-320). */
export const offsetForLeaderEpoch = {
  key: 23,
  versions: [2, 4],
  flexible: 4,
  request: {
    replicaId: 'int32 3+ = -2 ignorable',
    topics: {
      $: '[]',
      topic: 'string',
      partitions: {
        $: '[]',
        partition: 'int32',
        currentLeaderEpoch: 'int32 = -1',
        leaderEpoch: 'int32',
      },
    },
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    topics: {
      $: '[]',
      topic: 'string',
      partitions: {
        $: '[]',
        errorCode: 'int16',
        partition: 'int32',
        leaderEpoch: 'int32 = -1',
        endOffset: 'int64 = -1',
      },
    },
  },
} as const
