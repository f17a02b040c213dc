import { committing, type Questions } from './wire-names.ts'

export const transactionQuestions: Questions = {
  InitProducerId: {
    'without a transaction': (_, version) => ({
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      ...(version >= 3 && { producerId: -1, producerEpoch: -1 }),
    }),
    'with an empty id': () => ({ transactionalId: '', transactionTimeoutMs: 60_000 }),
    'with no time': ({ missing }) => ({ transactionalId: missing, transactionTimeoutMs: 0 }),
    'with too much time': ({ missing }) => ({ transactionalId: missing, transactionTimeoutMs: 2_000_000_000 }),
    'with an epoch but no producer': ({ missing }, version) => ({
      transactionalId: missing,
      transactionTimeoutMs: 60_000,
      ...(version >= 3 && { producerId: -1, producerEpoch: 3 }),
    }),
    'with a producer that has another id': ({ transactionalId, producerId }, version) =>
      version < 3
        ? { transactionalId: null, transactionTimeoutMs: 1 }
        : { transactionalId, transactionTimeoutMs: 60_000, producerId: producerId + 9_999, producerEpoch: 0 },
  },
  AddPartitionsToTxn: {
    'of an unknown id': ({ missing, topic }) => ({
      transactionalId: missing,
      producerId: 1,
      producerEpoch: 0,
      topics: [{ name: topic, partitions: [0] }],
    }),
    'of another producer': ({ transactionalId, producerId, topic }) => ({
      transactionalId,
      producerId: producerId + 9_999,
      producerEpoch: 0,
      topics: [{ name: topic, partitions: [0] }],
    }),
    'of an older epoch': ({ transactionalId, producerId, producerEpoch, topic }) => ({
      transactionalId,
      producerId,
      producerEpoch: producerEpoch - 1,
      topics: [{ name: topic, partitions: [0] }],
    }),
    'of a missing topic, and one that is there': ({ missing, transactionalId, producerId, producerEpoch, topic }) => ({
      transactionalId,
      producerId,
      producerEpoch,
      topics: [topic, missing].map((name) => ({ name, partitions: [0] })),
    }),
    'of what is there': ({ transactionalId, producerId, producerEpoch, topic }) => ({
      transactionalId,
      producerId,
      producerEpoch,
      topics: [{ name: topic, partitions: [0] }],
    }),
  },
  AddOffsetsToTxn: {
    'of an unknown id': ({ missing, group }) => ({
      transactionalId: missing,
      producerId: 1,
      producerEpoch: 0,
      groupId: group,
    }),
    'of an older epoch': ({ transactionalId, producerId, producerEpoch, group }) => ({
      transactionalId,
      producerId,
      producerEpoch: producerEpoch - 1,
      groupId: group,
    }),
  },
  EndTxn: {
    'of an unknown id': ({ missing }) => ({
      transactionalId: missing,
      producerId: 1,
      producerEpoch: 0,
      committed: true,
    }),
    'of another producer': ({ transactionalId, producerId }) => ({
      transactionalId,
      producerId: producerId + 9_999,
      producerEpoch: 0,
      committed: true,
    }),
    'of an older epoch': ({ transactionalId, producerId, producerEpoch }) => ({
      transactionalId,
      producerId,
      producerEpoch: producerEpoch - 1,
      committed: true,
    }),
  },
  TxnOffsetCommit: {
    'of an older epoch, or without a transaction': ({ transactionalId, producerId, producerEpoch, group, topic }) => ({
      transactionalId,
      groupId: group,
      producerId,
      producerEpoch: producerEpoch - 1,
      topics: committing(topic),
    }),
    'by a stranger': ({ transactionalId, producerId, producerEpoch, group, topic }, version) =>
      version < 3
        ? { transactionalId: '', groupId: '', producerId, producerEpoch, topics: committing(topic) }
        : {
            transactionalId,
            groupId: group,
            producerId,
            producerEpoch,
            generationId: 4,
            memberId: 'nobody',
            topics: committing(topic),
          },
  },
  DescribeTransactions: {
    'that there are none of': ({ missing }) => ({ transactionalIds: [missing, ''] }),
    'one that is': ({ transactionalId }) => ({ transactionalIds: [transactionalId] }),
  },
  ListTransactions: {
    'in a state that there is none of': () => ({ stateFilters: ['Nonsense'] }),
    'of a producer that there is none of': () => ({ producerIdFilters: [987_654_321] }),
  },
}
