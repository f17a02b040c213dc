/** One step of an authentication: bytes of the mechanism in both directions. */
export const saslAuthenticate = {
  key: 36,
  versions: [0, 2],
  flexible: 2,
  request: {
    authBytes: 'bytes',
  },
  response: {
    errorCode: 'int16',
    errorMessage: 'string?',
    authBytes: 'bytes',
    sessionLifetimeMs: 'int64 1+ = 0 ignorable',
  },
} as const
