import type { Names, Questions } from './wire-names.ts'

const creating = (name: string, more: object = {}) => ({
  timeoutMs: 10_000,
  topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...more }],
})

const config = (resourceName: string, resourceType = 2) => ({ resourceType, resourceName })

export const adminQuestions: Questions = {
  Metadata: {
    'what is there': ({ topic, compacted }) => ({ topics: [{ name: topic }, { name: compacted }] }),
    'what is missing': ({ missing }, version) => ({
      topics: [{ name: missing }],
      ...(version >= 4 && { allowAutoTopicCreation: false }),
    }),
    'bad names': (_, version) => ({
      topics: [{ name: 'a b' }, { name: '' }],
      ...(version >= 4 && { allowAutoTopicCreation: false }),
    }),
  },
  CreateTopics: {
    'one that is there': ({ topic }) => creating(topic),
    'a bad name': () => creating('a b'),
    'no name': () => creating(''),
    'no partitions': ({ missing }) => creating(missing, { numPartitions: 0 }),
    'two replicas': ({ missing }) => creating(missing, { replicationFactor: 2 }),
    'no replicas': ({ missing }) => creating(missing, { replicationFactor: 0 }),
    'a config that there is none of': ({ missing }) => creating(missing, { configs: [{ name: 'x', value: '1' }] }),
    'a config with a bad value': ({ missing }) =>
      creating(missing, { configs: [{ name: 'retention.ms', value: 'soon' }] }),
    'a config of null': ({ missing }) => creating(missing, { configs: [{ name: 'retention.ms', value: null }] }),
    'two of one name': ({ missing }) => {
      const { topics, ...rest } = creating(missing)
      return { ...rest, topics: [...topics, ...topics] }
    },
    'an assignment to another broker': ({ missing }) =>
      creating(missing, {
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [7] }],
      }),
    'an assignment and a count': ({ missing }) =>
      creating(missing, { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }),
    'only to see': ({ missing }) => ({
      ...creating(missing, { configs: [{ name: 'retention.ms', value: '5' }] }),
      validateOnly: true,
    }),
  },
  DeleteTopics: {
    'one that there is none of': ({ missing }) => ({ topicNames: [missing], timeoutMs: 5_000 }),
  },
  DescribeConfigs: {
    'what is missing': ({ missing }) => ({ resources: [{ ...config(missing), configurationKeys: null }] }),
    'some of a topic': ({ topic }) => ({
      resources: [{ ...config(topic), configurationKeys: ['retention.ms', 'cleanup.policy', 'none'] }],
      includeSynonyms: true,
    }),
    'of another broker': () => ({ resources: [{ ...config('7', 4), configurationKeys: null }] }),
    'of a broker without a number': () => ({ resources: [{ ...config('x', 4), configurationKeys: null }] }),
    'of what there is not': () => ({ resources: [{ ...config('x', 99), configurationKeys: null }] }),
    'of no topic': () => ({ resources: [{ ...config(''), configurationKeys: null }] }),
  },
  AlterConfigs: {
    'what is missing': ({ missing }) => ({
      resources: [{ ...config(missing), configs: [{ name: 'retention.ms', value: '1' }] }],
    }),
    'a bad value, of a missing one too': ({ topic, missing }) => ({
      resources: [topic, missing, ''].map((name) => ({
        ...config(name),
        configs: [{ name: 'retention.ms', value: 'x' }],
      })),
    }),
    'a bad name': ({ topic }) => ({ resources: [{ ...config(topic), configs: [{ name: 'none', value: '1' }] }] }),
    null: ({ topic }) => ({ resources: [{ ...config(topic), configs: [{ name: 'retention.ms', value: null }] }] }),
  },
  IncrementalAlterConfigs: Object.fromEntries(
    [
      ['a bad value', 'retention.ms', 0, 'x'],
      ['a bad name', 'none', 0, '1'],
      ['null', 'retention.ms', 0, null],
      ['appending to a number', 'retention.ms', 2, '1'],
      ['deleting, of which the value is nothing', 'retention.ms', 1, null],
    ].map(([what, name, configOperation, value]) => [
      what,
      ({ topic, missing }: Names) => ({
        resources: [topic, missing].map((resource) => ({
          ...config(resource),
          configs: [{ name: String(name), configOperation: Number(configOperation), value: value as string | null }],
        })),
        validateOnly: true,
      }),
    ]),
  ),
  CreatePartitions: Object.fromEntries(
    [2, 1, 0, -1, 3].map((count) => [
      `${count} of them`,
      ({ topic, missing }: Names) => ({
        topics: [topic, missing].map((name) => ({ name, count, assignments: null })),
        timeoutMs: 5_000,
        validateOnly: true,
      }),
    ]),
  ),
  DescribeCluster: {
    all: () => ({ includeClusterAuthorizedOperations: true }),
  },
  DescribeLogDirs: {
    'of a topic': ({ topic }) => ({ topics: [{ topic, partitions: [0, 1] }] }),
  },
  DescribeAcls: {
    all: (_, version) => ({
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
      ...(version >= 1 && { patternTypeFilter: 1 }),
    }),
  },
  SaslHandshake: { 'where none is wanted': () => ({ mechanism: 'PLAIN' }) },
}
