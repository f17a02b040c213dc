import type { PasswordSaslConfig } from '../../security-config.ts'
import type { SaslMechanism } from './sasl-mechanism.ts'

/** RFC 4616. The broker answers with an error code, never with bytes. */
export function plain({ username, password }: PasswordSaslConfig): SaslMechanism {
  return {
    name: 'PLAIN',
    prepare: async () => async (exchange) => {
      await exchange(Buffer.from(`\0${username}\0${password}`))
    },
  }
}
