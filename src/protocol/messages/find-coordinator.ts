/** The broker that coordinates a group (key type 0) or a transactional id (1); several keys from version 4. */
export const findCoordinator = {
  key: 10,
  versions: [0, 4],
  flexible: 3,
  request: {
    key: 'string 0-3',
    keyType: 'int8 1+ = 0',
    coordinatorKeys: 'string[] 4+',
  },
  response: {
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    errorCode: 'int16 0-3',
    errorMessage: 'string? 1-3 ignorable',
    nodeId: 'int32 0-3',
    host: 'string 0-3',
    port: 'int32 0-3',
    coordinators: {
      $: '[] 4+',
      key: 'string',
      nodeId: 'int32',
      host: 'string',
      port: 'int32',
      errorCode: 'int16',
      errorMessage: 'string?',
    },
  },
} as const
