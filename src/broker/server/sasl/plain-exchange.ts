import { createHash, timingSafeEqual } from 'node:crypto'
import { AuthenticationFailure, type SaslExchange } from './sasl-exchange.ts'

const nothing = Buffer.alloc(0)

/** PLAIN (RFC 4616): the name to act as, the name and the password, with zeros between. */
export function plainExchange(users: Readonly<Record<string, string>>): SaslExchange {
  return {
    next: (bytes) => {
      const [actAs, name, password, ...rest] = bytes.toString().split('\0')
      if (actAs === undefined || name === undefined || password === undefined || rest.length > 0)
        throw new AuthenticationFailure('Invalid SASL/PLAIN response: expected 3 tokens')
      if (name === '' || password === '')
        throw new AuthenticationFailure('Authentication failed: username or password not specified')
      const known = Object.hasOwn(users, name) ? users[name] : undefined
      if (known === undefined || !isSame(known, password))
        throw new AuthenticationFailure('Authentication failed: Invalid username or password')
      if (actAs !== '' && actAs !== name)
        throw new AuthenticationFailure(
          'Authentication failed: Client requested an authorization id that is different from username',
        )
      return { bytes: nothing, owner: { name } }
    },
  }
}

/** In a time that says nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
