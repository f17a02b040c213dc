/** Deletes committed offsets of topics to which no member subscribes. */
export const offsetDelete = {
  key: 47,
  versions: [0, 0],
  request: {
    groupId: 'string',
    topics: {
      $: '[]',
      name: 'string',
      partitions: { $: '[]', partitionIndex: 'int32' },
    },
  },
  response: {
    errorCode: 'int16',
    throttleTimeMs: 'int32 = 0',
    topics: {
      $: '[]',
      name: 'string',
      partitions: { $: '[]', partitionIndex: 'int32', errorCode: 'int16' },
    },
  },
} as const
