export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

/** The ways to say who one is that the embedded broker knows. */
export type SaslMechanism = (typeof saslMechanisms)[number]

/** Who a token of OAUTHBEARER speaks for. */
export interface TokenOwner {
  readonly name: string
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAtMs?: number
}

/** Undefined, or what it throws, refuses the token. */
export type TokenValidator = (token: string) => TokenOwner | undefined | Promise<TokenOwner | undefined>

/** How clients say who they are, and who may come in. */
export interface SaslOptions {
  /** Default: those for which there is something: PLAIN and SCRAM with `users`, OAUTHBEARER with `oauthBearer`. */
  readonly mechanisms?: readonly SaslMechanism[]
  /** Passwords by names, for PLAIN and SCRAM. */
  readonly users?: Readonly<Record<string, string>>
  /**
   * `unsecured`: unsigned tokens (JWS with `"alg":"none"`) that have a `sub` and have not ended, as Kafka's default validator takes
   * them. A function can only be given to a broker in this thread (`inProcess`).
   */
  readonly oauthBearer?: 'unsecured' | TokenValidator
}
