/** Commits offsets as a part of the transaction, fenced by the generation from version 3 (KIP-447). */
export const txnOffsetCommit = {
  key: 28,
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: 'string',
    groupId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    generationId: 'int32 3+ = -1',
    memberId: "string 3+ = ''",
    groupInstanceId: 'string? 3+ = null',
    topics: {
      $: '[]',
      name: 'string',
      partitions: {
        $: '[]',
        partitionIndex: 'int32',
        committedOffset: 'int64',
        committedLeaderEpoch: 'int32 2+ = -1 ignorable',
        committedMetadata: 'string?',
      },
    },
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    topics: {
      $: '[]',
      name: 'string',
      partitions: { $: '[]', partitionIndex: 'int32', errorCode: 'int16' },
    },
  },
} as const
