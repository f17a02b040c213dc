/* HTTP as the rest sees it: data in, data out. `node-http.ts` has the sockets; a simulation puts something else in their place. */

export interface HttpRequest {
  readonly method: string
  /** Without the query, still percent-encoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Uint8Array
}

export interface HttpResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>

export interface HttpServerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly handler: HttpHandler
  /** A request with a larger body is answered with 413. */
  readonly bodyBytesMax: number
}

export interface HttpServer {
  readonly port: number
  /** Takes no more connections; answers what was asked, for a second at most, then drops the rest. */
  close(): Promise<void>
}

export interface HttpCall {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly body?: string
  readonly timeoutMs: number
  /** A larger answer is an error. */
  readonly responseBytesMax: number
}

/** Both ends of HTTP. */
export interface Http {
  /** Rejects when it cannot listen there. */
  listen(options: HttpServerOptions): Promise<HttpServer>
  /** Resolves with any status. Rejects with an error that says why there was no answer: refused, too late, too large. */
  call(call: HttpCall): Promise<HttpResponse>
}

export function jsonResponse(
  status: number,
  data: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify(data, null, 2)}\n`,
  }
}
