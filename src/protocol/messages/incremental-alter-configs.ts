/** Sets (0), deletes (1), appends to (2) or subtracts from (3) single configs (KIP-339). */
export const incrementalAlterConfigs = {
  key: 44,
  versions: [0, 1],
  flexible: 1,
  request: {
    resources: {
      $: '[]',
      resourceType: 'int8',
      resourceName: 'string',
      configs: { $: '[]', name: 'string', configOperation: 'int8', value: 'string?' },
    },
    validateOnly: 'bool',
  },
  response: {
    throttleTimeMs: 'int32 = 0',
    responses: {
      $: '[]',
      errorCode: 'int16',
      errorMessage: 'string?',
      resourceType: 'int8',
      resourceName: 'string',
    },
  },
} as const
