/** Chooses the mechanism of an authentication; after version 0, tokens follow without headers (KIP-152). */
export const saslHandshake = {
  key: 17,
  versions: [0, 1],
  request: {
    mechanism: 'string',
  },
  response: {
    errorCode: 'int16',
    mechanisms: 'string[]',
  },
} as const
