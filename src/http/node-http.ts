import {
  Agent,
  createServer,
  request as startRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep, type Clock } from '../core/clock.ts'
import {
  jsonResponse,
  type Http,
  type HttpCall,
  type HttpRequest,
  type HttpResponse,
  type HttpServer,
  type HttpServerOptions,
} from './http.ts'

/** How long `close` waits for answers that are under way. */
const closePatienceMs = 1_000
/** Connections that a server serves at a time, and that a client keeps to one server. */
const connectionsMax = 1_000
const clientConnectionsMax = 16

/** HTTP/1.1 on sockets, without a framework (docs/adr/0016). */
export function nodeHttp(clock: Clock): Http {
  const agent = new Agent({ keepAlive: true, maxSockets: clientConnectionsMax, maxFreeSockets: 2 })
  return {
    listen: (options) => listen(options, clock),
    call: (call) => sendCall(call, { agent, clock }),
  }
}

async function listen({ host, port, handler, bodyBytesMax }: HttpServerOptions, clock: Clock): Promise<HttpServer> {
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing, { handler, bodyBytesMax }))
  server.maxConnections = connectionsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.removeAllListeners('error')
  server.on('error', () => {}) // a connection could not be accepted: whoever tried knows, and the server goes on
  return { port: (server.address() as AddressInfo).port, close: () => close(server, clock) }
}

async function close(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const inTime = new AbortController()
  await Promise.race([closed, sleep(clock, closePatienceMs, inTime.signal)])
  inTime.abort()
  server.closeAllConnections()
  await closed
}

type Serving = Pick<HttpServerOptions, 'handler' | 'bodyBytesMax'>

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, serving: Serving): Promise<void> {
  outgoing.on('error', () => {}) // whoever asked is gone
  const response = await answer(incoming, serving).catch((error: Error) =>
    jsonResponse(500, { error: { message: `the request failed: ${error.message}` } }),
  )
  const { status, headers = {}, body } = response
  // what is left unread of a request makes the connection useless for the next one
  if (!incoming.complete) outgoing.setHeader('connection', 'close')
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  outgoing.end(incoming.method === 'HEAD' ? undefined : body)
}

async function answer(incoming: IncomingMessage, { handler, bodyBytesMax }: Serving): Promise<HttpResponse> {
  const body = await readBody(incoming, bodyBytesMax)
  if (body === undefined) return jsonResponse(413, { error: { message: `a body has at most ${bodyBytesMax} bytes` } })
  return handler({ ...target(incoming), method: incoming.method ?? 'GET', body })
}

function target(incoming: IncomingMessage): Pick<HttpRequest, 'path' | 'query'> {
  const url = incoming.url ?? '/'
  const mark = url.indexOf('?')
  if (mark < 0) return { path: url, query: new URLSearchParams() }
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

/** Undefined when there is more than `bytesMax`. */
async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  // not destroyed when it is too long: the answer goes over the same connection
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > bytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function sendCall(call: HttpCall, { agent, clock }: { agent: Agent; clock: Clock }): Promise<HttpResponse> {
  const { method, url, body, timeoutMs, responseBytesMax } = call
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const request = startRequest(url, { method, headers, agent })
    const timer = clock.setTimer(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    const failed = (error: Error): void => {
      timer.cancel()
      reject(error)
    }
    request.on('error', failed)
    request.on('response', (incoming) => {
      readBody(incoming, responseBytesMax).then((bytes) => {
        timer.cancel()
        if (bytes === undefined) return failed(new Error(`the answer has more than ${responseBytesMax} bytes`))
        resolve({ status: incoming.statusCode ?? 0, headers: textHeaders(incoming), body: bytes.toString('utf8') })
      }, failed)
    })
    request.end(body)
  })
}

function textHeaders({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}
