/** The offset of a timestamp; -1 is the end, -2 the start, -3 the record with the largest timestamp (KIP-734). */
export const listOffsets = {
  key: 2,
  versions: [1, 10],
  flexible: 6,
  request: {
    replicaId: 'int32',
    isolationLevel: 'int8 2+',
    topics: {
      $: '[]',
      name: 'string',
      partitions: {
        $: '[]',
        partitionIndex: 'int32',
        currentLeaderEpoch: 'int32 4+ = -1 ignorable',
        timestamp: 'int64',
      },
    },
    timeoutMs: 'int32 10+ ignorable',
  },
  response: {
    throttleTimeMs: 'int32 2+ = 0 ignorable',
    topics: {
      $: '[]',
      name: 'string',
      partitions: {
        $: '[]',
        partitionIndex: 'int32',
        errorCode: 'int16',
        timestamp: 'int64 = -1',
        offset: 'int64 = -1',
        leaderEpoch: 'int32 4+ = -1',
      },
    },
  },
} as const
