/** Commits or aborts the transaction. Version 5 would bump the epoch each time (KIP-890). */
export const endTxn = {
  key: 26,
  versions: [0, 3],
  flexible: 3,
  request: {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    committed: 'bool',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    errorCode: 'int16',
  },
} as const
