/** Writes record batches to partitions. Version 12 would mean transactions of version 2 (KIP-890), 13 topic ids. */
export const produce = {
  key: 0,
  versions: [3, 11],
  flexible: 9,
  request: {
    transactionalId: 'string? = null',
    acks: 'int16',
    timeoutMs: 'int32',
    topicData: {
      $: '[]',
      name: 'string',
      partitionData: { $: '[]', index: 'int32', records: 'records?' },
    },
  },
  response: {
    responses: {
      $: '[]',
      name: 'string',
      partitionResponses: {
        $: '[]',
        index: 'int32',
        errorCode: 'int16',
        baseOffset: 'int64',
        logAppendTimeMs: 'int64 = -1',
        logStartOffset: 'int64 5+ = -1 ignorable',
        recordErrors: {
          $: '[] 8+ ignorable',
          batchIndex: 'int32',
          batchIndexErrorMessage: 'string? = null',
        },
        errorMessage: 'string? 8+ = null ignorable',
        currentLeader: { $: '{} 10+ tag:0', leaderId: 'int32 = -1', leaderEpoch: 'int32 = -1' },
      },
    },
    throttleTimeMs: 'int32 = 0',
    nodeEndpoints: {
      $: '[] 10+ tag:0',
      nodeId: 'int32',
      host: 'string',
      port: 'int32',
      rack: 'string? = null',
    },
  },
} as const
