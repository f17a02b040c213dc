import type { Http, HttpHandler, HttpResponse } from '../../src/http/http.ts'

/** HTTP without sockets: whoever listens is called, by the address. */
export class MemoryHttp implements Http {
  readonly #handlers = new Map<string, HttpHandler>()
  readonly calls: string[] = []
  /** Stands in for the network: an error here is what a caller sees. */
  broken: (url: URL) => Error | undefined = () => undefined

  async listen({ host, port, handler }: Parameters<Http['listen']>[0]): ReturnType<Http['listen']> {
    const address = `${host}:${port}`
    if (this.#handlers.has(address)) throw new Error(`${address} is in use`)
    this.#handlers.set(address, handler)
    return { port, close: async () => void this.#handlers.delete(address) }
  }

  async call({ method, url, body = '' }: Parameters<Http['call']>[0]): Promise<HttpResponse> {
    const parsed = new URL(url)
    this.calls.push(`${method} ${url}`)
    const error = this.broken(parsed)
    if (error !== undefined) throw error
    const handler = this.#handlers.get(parsed.host)
    if (handler === undefined) throw new Error('connection refused')
    return handler({ method, path: parsed.pathname, query: parsed.searchParams, body: Buffer.from(body) })
  }

  /** As curl would, without following redirects. */
  async get(
    url: string,
  ): Promise<{ readonly status: number; readonly json: any; readonly location: string | undefined }> {
    const { status, body, headers } = await this.call({ method: 'GET', url, timeoutMs: 1_000, responseBytesMax: 1e9 })
    return { status, json: JSON.parse(body), location: headers?.['location'] }
  }
}
