import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export interface TestAuthority {
  /** PEM */
  readonly certificate: string
  /** A certificate for this machine's loopback address, with its key before it: PEM, as Kafka reads it. */
  serverIdentity(): string
}

/** An authority made for this run, in an empty folder; nothing of it outlives a day. */
export function testAuthority(folder: string, name: string): TestAuthority {
  const file = (what: string): string => join(folder, `${name}-${what}`)
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })
  const [caKey, ca] = [file('ca.key'), file('ca.pem')]
  openssl('req', '-x509', ...key, '-keyout', caKey, '-out', ca, '-days', '1', '-subj', `/CN=${name}`)
  return {
    certificate: readFileSync(ca, 'utf8'),
    serverIdentity: () => {
      const [serverKey, request, certificate] = [file('server.key'), file('server.csr'), file('server.pem')]
      const subject = ['-subj', '/CN=broker', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
      openssl('req', '-new', ...key, '-keyout', serverKey, '-out', request, ...subject)
      const signer = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-copy_extensions', 'copy']
      openssl('x509', '-req', '-in', request, '-out', certificate, '-days', '1', ...signer)
      return readFileSync(serverKey, 'utf8') + readFileSync(certificate, 'utf8')
    },
  }
}
