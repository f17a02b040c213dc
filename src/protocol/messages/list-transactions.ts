/** Transactions that a broker coordinates (KIP-664). */
export const listTransactions = {
  key: 66,
  versions: [0, 1],
  flexible: 0,
  request: {
    stateFilters: 'string[]',
    producerIdFilters: 'int64[]',
    durationFilter: 'int64 1+ = -1',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    errorCode: 'int16',
    unknownStateFilters: 'string[]',
    transactionStates: {
      $: '[]',
      transactionalId: 'string',
      producerId: 'int64',
      transactionState: 'string',
    },
  },
} as const
