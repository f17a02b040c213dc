import type { NewRequest } from '../../../src/protocol/messages/messages.ts'
import { partitionIndexes, committing, type Questions } from './wire-names.ts'

const joining = (groupId: string, more: object = {}): Partial<NewRequest<'JoinGroup'>> => ({
  groupId,
  sessionTimeoutMs: 10_000,
  memberId: 'nobody',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  ...more,
})

export const groupQuestions: Questions = {
  OffsetCommit: {
    'by nobody': ({ group, topic }) => ({ groupId: group, generationIdOrMemberEpoch: -1, topics: committing(topic) }),
    'of a missing topic': ({ group, missing }) => ({
      groupId: group,
      generationIdOrMemberEpoch: -1,
      topics: committing(missing),
    }),
    'by a stranger': ({ group, topic }) => ({
      groupId: group,
      generationIdOrMemberEpoch: 3,
      memberId: 'nobody',
      topics: committing(topic),
    }),
    'with much beside it': ({ group, topic }) => ({
      groupId: group,
      generationIdOrMemberEpoch: -1,
      topics: committing(topic, { committedMetadata: 'x'.repeat(5_000) }),
    }),
    'of no group': ({ topic }) => ({ groupId: '', generationIdOrMemberEpoch: -1, topics: committing(topic) }),
    'a generation in a group that there is none of': ({ missing, topic }) => ({
      groupId: missing,
      generationIdOrMemberEpoch: 3,
      memberId: 'nobody',
      topics: committing(topic),
    }),
  },
  OffsetFetch: {
    'some, of a group and of none': ({ group, missing, topic }, version) => {
      const topics = [{ name: topic, partitionIndexes }]
      return version < 8
        ? { groupId: group, topics }
        : { groups: [group, missing].map((groupId) => ({ groupId, topics })) }
    },
    all: ({ group, missing }, version) => {
      if (version < 2) return { groupId: group, topics: [] }
      return version < 8
        ? { groupId: group, topics: null }
        : { groups: [group, missing].map((groupId) => ({ groupId, topics: null })) }
    },
  },
  FindCoordinator: {
    'of a group': ({ group }, version) => (version < 4 ? { key: group } : { keyType: 0, coordinatorKeys: [group] }),
    'of a transaction': ({ transactionalId }, version) => {
      if (version === 0) return { key: transactionalId }
      return version < 4
        ? { key: transactionalId, keyType: 1 }
        : { keyType: 1, coordinatorKeys: [transactionalId, 'another'] }
    },
    'of nothing': (_, version) => (version < 4 ? { key: '' } : { coordinatorKeys: [''] }),
    'of what there is not': (_, version) => {
      if (version === 0) return { key: 'x' }
      return version < 4 ? { key: 'x', keyType: 9 } : { keyType: 9, coordinatorKeys: ['x'] }
    },
  },
  JoinGroup: {
    'as an unknown member': ({ group }) => joining(group),
    'of no group': () => joining(''),
    'with a session that is too short': ({ group }) => joining(group, { sessionTimeoutMs: 1, memberId: '' }),
    'with a session that is too long': ({ group }) => joining(group, { sessionTimeoutMs: 3_000_000, memberId: '' }),
    'with a type that is empty': ({ group }) => joining(group, { protocolType: '', memberId: '' }),
    'without protocols': ({ group }) => joining(group, { protocols: [], memberId: '' }),
    'of a group that there is none of, as somebody': ({ missing }) => joining(missing),
  },
  SyncGroup: {
    'as an unknown member': ({ group }) => ({ groupId: group, generationId: 1, memberId: 'nobody' }),
    'of no group': () => ({ groupId: '', generationId: 1, memberId: 'nobody' }),
    'of a group that there is none of': ({ missing }) => ({ groupId: missing, generationId: 1, memberId: 'nobody' }),
  },
  Heartbeat: {
    'as an unknown member': ({ group }) => ({ groupId: group, generationId: 1, memberId: 'nobody' }),
    'of no group': () => ({ groupId: '', generationId: 1, memberId: 'nobody' }),
    'of a group that there is none of': ({ missing }) => ({ groupId: missing, generationId: 1, memberId: 'nobody' }),
  },
  LeaveGroup: {
    'as an unknown member': ({ group }, version) =>
      version < 3 ? { groupId: group, memberId: 'nobody' } : { groupId: group, members: [{ memberId: 'nobody' }] },
    'a group that there is none of': ({ missing }, version) =>
      version < 3 ? { groupId: missing, memberId: 'nobody' } : { groupId: missing, members: [{ memberId: 'nobody' }] },
  },
  DescribeGroups: {
    'one that is, and one that is not': ({ group, missing }, version) => ({
      groups: [group, missing],
      ...(version >= 3 && { includeAuthorizedOperations: true }),
    }),
  },
  ListGroups: {
    'in a state that there is none of': (_, version) => ({ ...(version >= 4 && { statesFilter: ['Nonsense'] }) }),
    'of a type that there is none of': (_, version) => ({
      ...(version >= 4 && { statesFilter: ['Dead'] }),
      ...(version >= 5 && { typesFilter: ['Nonsense'] }),
    }),
  },
  DeleteGroups: {
    'that there are none of': ({ missing }) => ({ groupsNames: [missing, ''] }),
  },
  OffsetDelete: {
    'of a group that there is none of': ({ missing, topic }) => ({
      groupId: missing,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
    }),
    'of what is missing': ({ group, missing, topic }) => ({
      groupId: group,
      topics: [topic, missing].map((name) => ({ name, partitions: [{ partitionIndex: 9 }] })),
    }),
  },
}
