/** Why somebody is not who they say; the client is told. */
export class AuthenticationFailure extends Error {}

export interface SaslStep {
  /** For the client. */
  readonly bytes: Buffer
  /** Who it is; absent while there is more to say. */
  readonly owner?: { readonly name: string; readonly expiresAtMs?: number }
}

/** One authentication by one mechanism, the server's side. */
export interface SaslExchange {
  /** What the client said. @throws AuthenticationFailure */
  next(bytes: Buffer): SaslStep | Promise<SaslStep>
}
