/** Which brokers and topics there are, and who leads the partitions. All topics: null, and in version 0 an empty list. */
export const metadata = {
  key: 3,
  versions: [0, 12],
  flexible: 9,
  request: {
    topics: { $: '[]?1+', topicId: 'uuid 10+ ignorable', name: 'string?10+' },
    allowAutoTopicCreation: 'bool 4+ = true',
    includeClusterAuthorizedOperations: 'bool 8-10',
    includeTopicAuthorizedOperations: 'bool 8+',
  },
  response: {
    throttleTimeMs: 'int32 3+ = 0 ignorable',
    brokers: {
      $: '[]',
      nodeId: 'int32',
      host: 'string',
      port: 'int32',
      rack: 'string? 1+ = null ignorable',
    },
    clusterId: 'string? 2+ = null ignorable',
    controllerId: 'int32 1+ = -1 ignorable',
    topics: {
      $: '[]',
      errorCode: 'int16',
      name: 'string?12+',
      topicId: 'uuid 10+ ignorable',
      isInternal: 'bool 1+ = false ignorable',
      partitions: {
        $: '[]',
        errorCode: 'int16',
        partitionIndex: 'int32',
        leaderId: 'int32',
        leaderEpoch: 'int32 7+ = -1 ignorable',
        replicaNodes: 'int32[]',
        isrNodes: 'int32[]',
        offlineReplicas: 'int32[] 5+ ignorable',
      },
      topicAuthorizedOperations: 'int32 8+ = -2147483648',
    },
    clusterAuthorizedOperations: 'int32 8-10 = -2147483648',
  },
} as const
