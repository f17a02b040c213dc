import type { ByteStream, OpenStream, StreamListener } from '../../src/client/network/byte-stream.ts'
import { messages, supportedVersions, type ApiName, type NewResponse } from '../../src/protocol/messages/messages.ts'
import { decodeRequest, type AnyRequest } from '../../src/protocol/messages/request.ts'
import { encodeResponse } from '../../src/protocol/messages/response.ts'
import { FrameSplitter } from '../../src/protocol/wire/frame-splitter.ts'

/** One connection as the peer sees it. */
export class ScriptedStream {
  readonly host: string
  readonly port: number
  readonly requests: AnyRequest[] = []
  /** The client ended it. */
  destroyed = false
  readonly #listener: StreamListener

  constructor(host: string, port: number, listener: StreamListener) {
    this.host = host
    this.port = port
    this.#listener = listener
  }

  open(): void {
    this.#listener.onOpen()
  }

  answer<A extends ApiName>(request: AnyRequest & { readonly api: A }, body: NewResponse<A>): void {
    const { api, version, correlationId } = request
    this.send(Buffer.concat(encodeResponse<A>({ api, version, correlationId }, body)))
  }

  send(bytes: Buffer): void {
    if (!this.destroyed) this.#listener.onBytes(bytes)
  }

  end(error?: Error): void {
    if (!this.destroyed) this.#listener.onEnd(error)
  }
}

export type Behaviour = (request: AnyRequest, stream: ScriptedStream) => void

interface ApiRange {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** What a broker of this code's own versions says it knows. */
export const allVersions: readonly ApiRange[] = (Object.keys(messages) as ApiName[]).map((api) => {
  const [minVersion, maxVersion] = supportedVersions(api)
  return { apiKey: messages[api].key, minVersion, maxVersion }
})

/** Brokers in memory: streams open at once, and each request is handed to the behaviour. */
export class ScriptedNetwork {
  readonly streams: ScriptedStream[] = []
  behaviour: Behaviour
  /** Addresses where nobody listens, or whose packets are lost. */
  readonly refusing: Set<number> = new Set()
  readonly silent: Set<number> = new Set()

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour
  }

  readonly openStream: OpenStream = (host, port, listener): ByteStream => {
    const stream = new ScriptedStream(host, port, listener)
    this.streams.push(stream)
    if (this.refusing.has(port)) setImmediate(() => stream.end(new Error('connect ECONNREFUSED')))
    else if (!this.silent.has(port)) setImmediate(() => stream.open())
    const splitter = new FrameSplitter(1e8)
    return {
      write: (pieces) => {
        for (const frame of splitter.push(Buffer.concat(pieces))) {
          const request = decodeRequest(frame)
          stream.requests.push(request)
          this.behaviour(request, stream)
        }
      },
      destroy: () => (stream.destroyed = true),
    }
  }
}

/** Answers ApiVersions with everything, and leaves the rest to `next`. */
export function knowing(next: Behaviour, apiKeys: typeof allVersions = allVersions): Behaviour {
  return (request, stream) => {
    if (request.api === 'ApiVersions') stream.answer(request, { errorCode: 0, apiKeys })
    else next(request, stream)
  }
}
