/* OAUTHBEARER (RFC 7628): a token says who it is. */
import { AuthenticationFailure, type SaslExchange, type SaslStep } from './sasl-exchange.ts'
import type { TokenOwner, TokenValidator } from './sasl-options.ts'

const nothing = Buffer.alloc(0)
const separator = '\u0001'
/** What a client answers when it has read why it was refused. */
const understood = separator

export class OauthBearerExchange implements SaslExchange {
  readonly #validate: TokenValidator
  #refusal: string | undefined

  constructor(validate: TokenValidator) {
    this.#validate = validate
  }

  async next(bytes: Buffer): Promise<SaslStep> {
    const message = bytes.toString()
    if (this.#refusal !== undefined)
      throw new AuthenticationFailure(message === understood ? this.#refusal : 'Invalid OAUTHBEARER client response')
    const { actAs, token } = readFirst(message)
    const owner = await this.#ownerOf(token)
    if (owner === undefined) return this.#refuse()
    if (actAs !== '' && actAs !== owner.name)
      throw new AuthenticationFailure(
        `Authentication failed: Client requested an authorization id (${actAs}) that is different from the token's principal name (${owner.name})`,
      )
    return { bytes: nothing, owner }
  }

  async #ownerOf(token: string): Promise<TokenOwner | undefined> {
    try {
      return await this.#validate(token)
    } catch {
      return undefined
    }
  }

  /** As a challenge: the client has the last word, and then it is over. */
  #refuse(): SaslStep {
    this.#refusal = '{"status":"invalid_token"}'
    return { bytes: Buffer.from(this.#refusal) }
  }
}

/** The header of GS2, then pairs, each with a separator behind it. */
function readFirst(message: string): { readonly actAs: string; readonly token: string } {
  const [header = '', ...pairs] = message.split(separator)
  const actAs = /^n,(?:a=(?<name>[^,]*))?,$/.exec(header)?.groups
  const token = pairs.map((pair) => /^auth=Bearer (?<token>.+)$/i.exec(pair)?.groups?.['token']).find(Boolean)
  if (actAs === undefined || token === undefined)
    throw new AuthenticationFailure('Invalid OAUTHBEARER client first message')
  return { actAs: actAs['name'] ?? '', token }
}

/** Unsigned tokens (JWS), as Kafka's OAuthBearerUnsecuredValidatorCallbackHandler takes them: for development. */
export function unsecuredValidator(nowMs: () => number): TokenValidator {
  return (token) => {
    const [header, claims, signature] = token.split('.')
    if (header === undefined || claims === undefined || signature !== '') return undefined
    if (json(header)['alg'] !== 'none') return undefined
    const { sub, exp } = json(claims)
    if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number' || exp * 1000 <= nowMs()) return undefined
    return { name: sub, expiresAtMs: exp * 1000 }
  }
}

function json(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}
