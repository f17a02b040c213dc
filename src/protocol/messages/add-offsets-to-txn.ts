/** Adds the offsets of a group to the transaction. */
export const addOffsetsToTxn = {
  key: 25,
  versions: [0, 3],
  flexible: 3,
  request: {
    transactionalId: 'string',
    producerId: 'int64',
    producerEpoch: 'int16',
    groupId: 'string',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    errorCode: 'int16',
  },
} as const
