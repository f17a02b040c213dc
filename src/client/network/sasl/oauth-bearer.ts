import type { OAuthBearerSaslConfig, OAuthBearerToken } from '../../security-config.ts'
import { authenticationFailed } from './authentication-failed.ts'
import type { SaslMechanism } from './sasl-mechanism.ts'

const separator = '\u0001'

/** RFC 7628. A broker that refuses the token answers with bytes that say why, and fails the step after that. */
export function oauthBearer({ oauthBearerProvider }: OAuthBearerSaslConfig): SaslMechanism {
  return {
    name: 'OAUTHBEARER',
    prepare: async () => {
      const first = firstMessage(await getToken(oauthBearerProvider))
      return async (exchange) => {
        const refusal = await exchange(first)
        if (refusal.length === 0) return
        // The protocol wants an answer to the refusal; what comes back says no more.
        await exchange(Buffer.from(separator)).catch(() => {})
        throw new Error(`the token was rejected: ${refusal.toString()}`)
      }
    },
  }
}

async function getToken(provider: OAuthBearerSaslConfig['oauthBearerProvider']): Promise<OAuthBearerToken> {
  let token: OAuthBearerToken
  try {
    token = await provider()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw authenticationFailed(`oauthBearerProvider gave no token: ${why}`, error, true)
  }
  // Nothing of it may leave its place in the message, and nothing of it may reach a log.
  if (typeof token?.value !== 'string' || !/^[\x21-\x7e]+$/.test(token.value))
    throw authenticationFailed('oauthBearerProvider must resolve with { value }, a token as text')
  return token
}

function firstMessage({ value, extensions = {} }: OAuthBearerToken): Buffer {
  const pairs = Object.entries(extensions).map(([name, text]) => {
    if (!/^[A-Za-z]+$/.test(name) || name === 'auth' || !/^[\x20-\x7e\t\r\n]*$/.test(text))
      throw authenticationFailed(`the extension ${name} of the token is not one that SASL can carry`)
    return `${separator}${name}=${text}`
  })
  return Buffer.from(`n,,${separator}auth=Bearer ${value}${pairs.join('')}${separator}${separator}`)
}
