import { authenticationFailed } from '../client/network/sasl/authentication-failed.ts'
import { oauthBearer } from '../client/network/sasl/oauth-bearer.ts'
import type { OAuthBearerSaslConfig, SaslConfig } from '../client/security-config.ts'

const sizeBytes = 4

/** What KafkaJS lets a mechanism send: bytes with their size before them, both ways. */
interface KafkaJsSasl {
  readonly host: string
  readonly port: number
  saslAuthenticate(message: {
    readonly request: { encode(): Promise<Buffer> }
    readonly response: { decode(data: Buffer): Promise<Buffer>; parse(data: Buffer): Promise<Buffer> }
  }): Promise<Buffer>
}

/**
 * KafkaJS takes a rejected token for accepted: it does not read the broker's answer, and the next request meets a closed
 * connection. With a mechanism of ours it hears.
 */
export function kafkaJsSasl(config: SaslConfig | undefined): unknown {
  // KafkaJS writes its own mechanism into the object that it is given.
  return config?.mechanism === 'oauthbearer' ? oauthBearerProvider(config) : config && { ...config }
}

function oauthBearerProvider(config: OAuthBearerSaslConfig): unknown {
  const mechanism = oauthBearer(config)
  const authenticationProvider = ({ host, port, saslAuthenticate }: KafkaJsSasl): unknown => ({
    authenticate: async () => {
      const converse = await mechanism.prepare()
      const exchange = (bytes: Buffer): Promise<Buffer> =>
        saslAuthenticate({
          request: { encode: async () => Buffer.concat([sizeOf(bytes), bytes]) },
          response: { decode: async (data) => data.subarray(sizeBytes), parse: async (data) => data },
        })
      await converse(exchange).catch((error: Error) => {
        throw authenticationFailed(
          `the broker at ${host}:${port} and OAUTHBEARER do not agree on who this is: ${error.message}`,
          error,
        )
      })
    },
  })
  return { mechanism: 'oauthbearer', authenticationProvider }
}

function sizeOf(bytes: Buffer): Buffer {
  const size = Buffer.alloc(sizeBytes)
  size.writeInt32BE(bytes.length)
  return size
}
