/* SCRAM (RFC 5802, 7677) without channel binding, as Kafka has it. */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { AuthenticationFailure, type SaslExchange, type SaslStep } from './sasl-exchange.ts'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

interface HashOfMechanism {
  readonly name: 'sha256' | 'sha512'
  readonly bytes: number
}

const hashes: Readonly<Record<ScramMechanism, HashOfMechanism>> = {
  'SCRAM-SHA-256': { name: 'sha256', bytes: 32 },
  'SCRAM-SHA-512': { name: 'sha512', bytes: 64 },
}

/** Kafka's least. */
const iterations = 4096
const saltBytes = 16

/** What a server keeps of a password. */
export interface ScramCredential {
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export function scramCredential(mechanism: ScramMechanism, password: string, newBytes: NewBytes): ScramCredential {
  const hash = hashes[mechanism]
  const salt = newBytes(saltBytes)
  const salted = pbkdf2Sync(password, salt, iterations, hash.bytes, hash.name)
  const hmac = (text: string): Buffer => createHmac(hash.name, salted).update(text).digest()
  return {
    salt,
    storedKey: createHash(hash.name).update(hmac('Client Key')).digest(),
    serverKey: hmac('Server Key'),
  }
}

/** Random bytes. */
export type NewBytes = (count: number) => Buffer

export interface ScramOptions {
  readonly mechanism: ScramMechanism
  readonly credentialOf: (name: string) => ScramCredential | undefined
  readonly newBytes: NewBytes
}

interface Started {
  readonly name: string
  readonly credential: ScramCredential
  readonly gs2Header: string
  readonly nonce: string
  /** What both sides sign, but for the last part. */
  readonly messages: string
}

export class ScramExchange implements SaslExchange {
  readonly #options: ScramOptions
  #started: Started | undefined

  constructor(options: ScramOptions) {
    this.#options = options
  }

  next(bytes: Buffer): SaslStep {
    return this.#started === undefined ? this.#first(bytes.toString()) : this.#final(bytes.toString(), this.#started)
  }

  #first(message: string): SaslStep {
    const found = /^(?<gs2>[ny],(?:a=(?<actAs>[^,]*))?,)(?<bare>n=(?<name>[^,]+),r=(?<nonce>[^,]+)(?:,.*)?)$/.exec(
      message,
    )?.groups
    if (found === undefined) throw new AuthenticationFailure('Invalid SCRAM client first message format')
    const name = decodeName(found['name']!)
    const credential = this.#options.credentialOf(name)
    if (credential === undefined || (found['actAs'] !== undefined && decodeName(found['actAs']) !== name))
      throw this.#invalid()
    const nonce = found['nonce']! + this.#options.newBytes(18).toString('base64')
    const answer = `r=${nonce},s=${credential.salt.toString('base64')},i=${iterations}`
    this.#started = { name, credential, nonce, gs2Header: found['gs2']!, messages: `${found['bare']},${answer}` }
    return { bytes: Buffer.from(answer) }
  }

  #final(message: string, { name, credential, nonce, gs2Header, messages }: Started): SaslStep {
    const found = /^(?<unproved>c=(?<binding>[^,]+),r=(?<nonce>[^,]+)(?:,.*)?),p=(?<proof>[^,]+)$/.exec(message)?.groups
    if (found === undefined) throw new AuthenticationFailure('Invalid SCRAM client final message format')
    const isBound = Buffer.from(found['binding']!, 'base64').toString() === gs2Header
    const signed = `${messages},${found['unproved']}`
    const proof = Buffer.from(found['proof']!, 'base64')
    if (!isBound || found['nonce'] !== nonce || !this.#isProof(proof, signed, credential)) throw this.#invalid()
    const signature = this.#hmac(credential.serverKey, signed).toString('base64')
    return { bytes: Buffer.from(`v=${signature}`), owner: { name } }
  }

  #isProof(proof: Buffer, signed: string, { storedKey }: ScramCredential): boolean {
    const signature = this.#hmac(storedKey, signed)
    if (proof.length !== signature.length) return false
    const clientKey = signature.map((byte, i) => byte ^ proof[i]!)
    return timingSafeEqual(createHash(this.#hash).update(clientKey).digest(), storedKey)
  }

  get #hash(): string {
    return hashes[this.#options.mechanism].name
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }

  #invalid(): AuthenticationFailure {
    return new AuthenticationFailure(
      `Authentication failed during authentication due to invalid credentials with SASL mechanism ${this.#options.mechanism}`,
    )
  }
}

function decodeName(text: string): string {
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
