import type { NewRequest } from '../../../src/protocol/messages/messages.ts'
import { sentBatch, type SentOptions } from '../../support/broker-batches.ts'
import { partitionIndexes, type Names, type Questions } from './wire-names.ts'

function produced(topic: string, index: number, options: SentOptions & { readonly key?: string | null } = {}) {
  const { key = 'k', ...batch } = options
  const records = sentBatch([{ key, value: 'v', timestamp: 6_000 }], batch)
  return [{ name: topic, partitionData: [{ index, records }] }]
}

const fetched = (topic: string, fetchOffset: number, partition = 0): Partial<NewRequest<'Fetch'>> => ({
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: 1_000_000,
  topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
})

export const recordQuestions: Questions = {
  Produce: {
    'a record': ({ topic }) => ({ acks: -1, timeoutMs: 5_000, topicData: produced(topic, 1) }),
    'acks of one': ({ topic }) => ({ acks: 1, timeoutMs: 5_000, topicData: produced(topic, 1) }),
    'acks of two': ({ topic }) => ({ acks: 2, timeoutMs: 5_000, topicData: produced(topic, 1) }),
    'a missing topic': ({ missing }) => ({ acks: -1, timeoutMs: 5_000, topicData: produced(missing, 0) }),
    'a missing partition': ({ topic }) => ({ acks: -1, timeoutMs: 5_000, topicData: produced(topic, 9) }),
    'noise for records': ({ topic }) => ({
      acks: -1,
      timeoutMs: 5_000,
      topicData: [{ name: topic, partitionData: [{ index: 1, records: Buffer.alloc(100, 7) }] }],
    }),
    'a compacted topic without a key': ({ compacted }) => ({
      acks: -1,
      timeoutMs: 5_000,
      topicData: produced(compacted, 0, { key: null }),
    }),
    'a transactional batch without an id': ({ topic, producerId }) => ({
      acks: -1,
      timeoutMs: 5_000,
      topicData: produced(topic, 1, { producerId, sequence: 0, transactional: true }),
    }),
    'a transactional batch of an unknown id': ({ topic, missing }) => ({
      acks: -1,
      timeoutMs: 5_000,
      transactionalId: missing,
      topicData: produced(topic, 1, { producerId: 987_654, sequence: 0, transactional: true }),
    }),
  },
  Fetch: {
    all: ({ topic }) => fetched(topic, 0),
    'from the middle': ({ topic }) => fetched(topic, 2),
    'the end': ({ topic }) => fetched(topic, 5),
    'beyond the end': ({ topic }) => fetched(topic, 6),
    'before the start': ({ topic }) => fetched(topic, -1),
    committed: ({ topic }) => ({ ...fetched(topic, 0), isolationLevel: 1 }),
    'a missing topic': ({ missing }) => fetched(missing, 0),
    'a missing partition': ({ topic }) => fetched(topic, 0, 9),
    'a newer epoch': ({ topic }, version) =>
      version < 9
        ? {}
        : {
            ...fetched(topic, 0),
            topics: [
              {
                topic,
                partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000, currentLeaderEpoch: 7 }],
              },
            ],
          },
  },
  ListOffsets: Object.fromEntries(
    [-1, -2, -3, -4, -9, 0, 1_500, 9_000].map((timestamp) => [
      `at ${timestamp}`,
      ({ topic, missing }: Names, version: number) => ({
        ...(version >= 2 && { isolationLevel: 1 }),
        replicaId: -1,
        topics: [topic, missing].map((name) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, timestamp })),
        })),
      }),
    ]),
  ),
  DeleteRecords: {
    'of what is there, and what is not': ({ topic, compacted, missing }) => ({
      timeoutMs: 5_000,
      topics: [topic, compacted, missing].map((name) => ({
        name,
        partitions: [
          { partitionIndex: 0, offset: 0 },
          { partitionIndex: 9, offset: 0 },
        ],
      })),
    }),
    'beyond the end': ({ topic }) => ({
      timeoutMs: 5_000,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 99 }] }],
    }),
    'a negative offset': ({ topic }) => ({
      timeoutMs: 5_000,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: -7 }] }],
    }),
  },
  OffsetForLeaderEpoch: Object.fromEntries(
    [-1, 0, 5].map((leaderEpoch) => [
      `epoch ${leaderEpoch}`,
      ({ topic, missing }: Names, version: number) => ({
        ...(version >= 3 && { replicaId: -1 }),
        topics: [topic, missing].map((name) => ({
          topic: name,
          partitions: partitionIndexes.map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch })),
        })),
      }),
    ]),
  ),
  DescribeProducers: {
    'of what is missing': ({ topic, missing }) => ({
      topics: [topic, missing].map((name) => ({ name, partitionIndexes: [1, 9] })),
    }),
  },
}
