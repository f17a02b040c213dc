/** Deletes topics, by name or, from version 6, by id. */
export const deleteTopics = {
  key: 20,
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: { $: '[] 6+', name: 'string? = null', topicId: 'uuid' },
    topicNames: 'string[] 1-5 ignorable',
    timeoutMs: 'int32',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    responses: {
      $: '[]',
      name: 'string?6+',
      topicId: 'uuid 6+ ignorable',
      errorCode: 'int16',
      errorMessage: 'string? 5+ = null ignorable',
    },
  },
} as const
