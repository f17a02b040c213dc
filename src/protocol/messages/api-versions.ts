/** What a broker can answer. Clients ask it first, see `response.ts` for what is special about it (KIP-511). */
export const apiVersions = {
  key: 18,
  versions: [0, 4],
  flexible: 3,
  request: {
    clientSoftwareName: 'string 3+ ignorable',
    clientSoftwareVersion: 'string 3+ ignorable',
  },
  response: {
    errorCode: 'int16',
    apiKeys: { $: '[]', apiKey: 'int16', minVersion: 'int16', maxVersion: 'int16' },
    throttleTimeMs: 'int32 1+ = 0 ignorable',
    supportedFeatures: {
      $: '[] 3+ tag:0 ignorable',
      name: 'string',
      minVersion: 'int16',
      maxVersion: 'int16',
    },
    finalizedFeaturesEpoch: 'int64 3+ = -1 tag:1 ignorable',
    finalizedFeatures: {
      $: '[] 3+ tag:2 ignorable',
      name: 'string',
      maxVersionLevel: 'int16',
      minVersionLevel: 'int16',
    },
    zkMigrationReady: 'bool 3+ = false tag:3 ignorable',
  },
} as const
