/* RFC 5802 without channel binding, as Kafka speaks it (KIP-84): text as UTF-8, not prepared by SASLprep. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { PasswordSaslConfig } from '../../security-config.ts'
import type { SaslMechanism } from './sasl-mechanism.ts'

type Digest = 'sha256' | 'sha512'

/** Kafka's own minimum (ScramMechanism), and a limit to what a peer may make this process compute. */
const iterationsMin = 4_096
const iterationsMax = 10_000_000
const digestBytes = { sha256: 32, sha512: 64 } as const
const derive = promisify(pbkdf2)

export function scram({ username, password }: PasswordSaslConfig, digest: Digest, nonce: () => string): SaslMechanism {
  return {
    name: `SCRAM-${digest === 'sha256' ? 'SHA-256' : 'SHA-512'}`,
    prepare: async () => async (exchange) => {
      const ours = nonce()
      const clientFirst = `n=${escapeName(username)},r=${ours}`
      const serverFirst = (await exchange(Buffer.from(`n,,${clientFirst}`))).toString()
      const { nonce: both, salt, iterations } = readServerFirst(serverFirst, ours)
      const salted = await derive(password, salt, iterations, digestBytes[digest], digest)
      const withoutProof = `c=biws,r=${both}`
      const message = `${clientFirst},${serverFirst},${withoutProof}`
      const proof = clientProof(salted, message, digest)
      const serverFinal = await exchange(Buffer.from(`${withoutProof},p=${proof.toString('base64')}`))
      checkServer(attributes(serverFinal.toString()), hmac(digest, hmac(digest, salted, 'Server Key'), message))
    },
  }
}

function clientProof(salted: Buffer, message: string, digest: Digest): Buffer {
  const clientKey = hmac(digest, salted, 'Client Key')
  const storedKey = createHash(digest).update(clientKey).digest()
  const signature = hmac(digest, storedKey, message)
  return Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!))
}

function readServerFirst(message: string, ours: string): { nonce: string; salt: Buffer; iterations: number } {
  const found = attributes(message)
  checkNoError(found)
  const nonce = found.get('r') ?? ''
  if (!nonce.startsWith(ours) || nonce.length === ours.length) throw new Error('it answered somebody else (nonce)')
  const iterations = Number(found.get('i'))
  if (!(iterations >= iterationsMin && iterations <= iterationsMax))
    throw new Error(`it wants ${found.get('i')} iterations, ${iterationsMin} to ${iterationsMax} are allowed`)
  return { nonce, iterations, salt: Buffer.from(found.get('s') ?? '', 'base64') }
}

/** The broker knows the password too: else it could be anybody who took the address. */
function checkServer(found: ReadonlyMap<string, string>, expected: Buffer): void {
  checkNoError(found)
  const signature = Buffer.from(found.get('v') ?? '', 'base64')
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
    throw new Error('its signature is wrong: it does not know the password, and may not be the broker')
}

function checkNoError(found: ReadonlyMap<string, string>): void {
  const error = found.get('e')
  if (error !== undefined) throw new Error(error)
}

function attributes(message: string): ReadonlyMap<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}

function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

function hmac(digest: Digest, key: Buffer, text: string): Buffer {
  return createHmac(digest, key).update(text).digest()
}
