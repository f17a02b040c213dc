/** Certificates as PEM text, as Node's `tls` takes them. `true` instead of this: TLS with the system's authorities. */
export interface TlsConfig {
  readonly ca?: string | readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** A name and a password. SCRAM proves that both sides know it; PLAIN sends it, so it wants TLS. */
export interface PasswordSaslConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** A token, with extensions (RFC 7628) if the broker wants some. */
export interface OAuthBearerToken {
  readonly value: string
  readonly extensions?: Readonly<Record<string, string>>
}

/** A token for each connection, and a new one before the broker's session ends (KIP-368). */
export interface OAuthBearerSaslConfig {
  readonly mechanism: 'oauthbearer'
  /** Called for every connection and renewal: keep a token as long as it is good. What it throws is tried again. */
  readonly oauthBearerProvider: () => Promise<OAuthBearerToken>
}

/** Who the app is, to brokers that ask (SASL). */
export type SaslConfig = PasswordSaslConfig | OAuthBearerSaslConfig
