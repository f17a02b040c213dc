import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/*
 * Certificates (RFC 5280) of elliptic curve keys, made here so that tests of TLS need no openssl: node:crypto has keys and
 * signatures, and a certificate is a few lines of DER around them.
 */

export interface TestAuthority {
  /** PEM */
  readonly certificate: string
  /** A certificate for this machine's loopback address, with its key before it: PEM, as Kafka reads it. */
  serverIdentity(): string
}

/** An authority made for this run; nothing of it outlives a day. */
export function testAuthority(name: string): TestAuthority {
  const own = newKeys()
  const issue = (subject: string, publicKey: KeyObject, extension: Buffer): string =>
    certificate({ issuer: name, subject, publicKey, extension, signer: own.privateKey })
  return {
    certificate: issue(name, own.publicKey, isAuthority),
    serverIdentity() {
      const server = newKeys()
      const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      return `${key}${issue('broker', server.publicKey, isLoopback)}`
    },
  }
}

const newKeys = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

interface Certificate {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly extension: Buffer
  readonly signer: KeyObject
}

const dayMs = 86_400_000

function certificate({ issuer, subject, publicKey, extension, signer }: Certificate): string {
  const version3 = der(0xa0, der(0x02, Buffer.of(2)))
  const serial = der(0x02, Buffer.of(1), randomBytes(8))
  const validity = der(0x30, utcTime(Date.now() - dayMs / 24), utcTime(Date.now() + dayMs))
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' })
  const extensions = der(0xa3, der(0x30, extension))
  const names = [nameOf(issuer), validity, nameOf(subject)]
  const toSign = der(0x30, version3, serial, ecdsaWithSha256, ...names, publicKeyInfo, extensions)
  const signature = der(0x03, Buffer.of(0), sign('sha256', toSign, signer))
  const text = der(0x30, toSign, ecdsaWithSha256, signature).toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${text.trimEnd()}\n-----END CERTIFICATE-----\n`
}

/** A tag, the length of what follows, and that. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, content.length >> 8, content.length & 0xff), content])
}

const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const utcTime = (time: number): Buffer =>
  der(
    0x17,
    Buffer.from(
      `${new Date(time)
        .toISOString()
        .replaceAll(/[-:T]|\..*/g, '')
        .slice(2)}Z`,
    ),
  )
const nameOf = (commonName: string): Buffer =>
  der(0x30, der(0x31, der(0x30, objectId('550403'), der(0x0c, Buffer.from(commonName)))))

const ecdsaWithSha256 = der(0x30, objectId('2a8648ce3d040302'))
const isAuthority = der(
  0x30,
  objectId('551d13'),
  der(0x01, Buffer.of(0xff)),
  der(0x04, der(0x30, der(0x01, Buffer.of(0xff)))),
)
const isLoopback = der(
  0x30,
  objectId('551d11'),
  der(0x04, der(0x30, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1)))),
)
