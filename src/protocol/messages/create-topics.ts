/** Creates topics. Partitions or replicas of -1 take the default of the broker from version 4 (KIP-464). */
export const createTopics = {
  key: 19,
  versions: [2, 7],
  flexible: 5,
  request: {
    topics: {
      $: '[]',
      name: 'string',
      numPartitions: 'int32',
      replicationFactor: 'int16',
      assignments: { $: '[]', partitionIndex: 'int32', brokerIds: 'int32[]' },
      configs: { $: '[]', name: 'string', value: 'string?' },
    },
    timeoutMs: 'int32 = 60000',
    validateOnly: 'bool = false',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    topics: {
      $: '[]',
      name: 'string',
      topicId: 'uuid 7+ ignorable',
      errorCode: 'int16',
      errorMessage: 'string?',
      topicConfigErrorCode: 'int16 5+ tag:0 ignorable',
      numPartitions: 'int32 5+ = -1 ignorable',
      replicationFactor: 'int16 5+ = -1 ignorable',
      configs: {
        $: '[]? 5+ ignorable',
        name: 'string',
        value: 'string?',
        readOnly: 'bool',
        configSource: 'int8 = -1',
        isSensitive: 'bool',
      },
    },
  },
} as const
