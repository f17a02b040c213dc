/** Producers that wrote to a partition lately, and their open transactions (KIP-664). */
export const describeProducers = {
  key: 61,
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: { $: '[]', name: 'string', partitionIndexes: 'int32[]' },
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    topics: {
      $: '[]',
      name: 'string',
      partitions: {
        $: '[]',
        partitionIndex: 'int32',
        errorCode: 'int16',
        errorMessage: 'string? = null',
        activeProducers: {
          $: '[]',
          producerId: 'int64',
          producerEpoch: 'int32',
          lastSequence: 'int32 = -1',
          lastTimestamp: 'int64 = -1',
          coordinatorEpoch: 'int32',
          currentTxnStartOffset: 'int64 = -1',
        },
      },
    },
  },
} as const
