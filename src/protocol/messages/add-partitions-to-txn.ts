/** Adds partitions to the transaction. Version 4 is for brokers that ask for several transactions at once. */
export const addPartitionsToTxn = {
  key: 24,
  versions: [0, 3],
  flexible: 3,
  request: {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    topics: { $: '[]', name: 'string', partitions: 'int32[]' },
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    resultsByTopic: {
      $: '[]',
      name: 'string',
      resultsByPartition: { $: '[]', partitionIndex: 'int32', partitionErrorCode: 'int16' },
    },
  },
} as const
