import { MillraceError, QueryError, type ErrorCode } from '../core/errors.ts'
import { jsonResponse, type HttpHandler, type HttpRequest, type HttpResponse } from '../http/http.ts'
import { routed, type HttpRoute } from '../http/routed.ts'
import { decodeEntry, primeEntries } from './decode-entries.ts'
import { keyForm, keyFromText } from './key-text.ts'
import type { LocalQueries } from './local-queries.ts'
import { entriesMax, invalid } from './query-options.ts'
import type { RawAnswer, RawQuery } from './raw-query.ts'
import { readable } from './readable.ts'
import type { RoutedQueries } from './routed-queries.ts'
import type { CatalogStore } from './store-catalog.ts'
import { urlQuery } from './url-query.ts'
import { decodeRequest, encodeAnswer, encodeError } from './wire-format.ts'

/** Keys and values of one answer; the entries of a list are also bounded by their number. */
const answerBytesMax = 32 * 1_048_576

/**
 * The stores of an app over HTTP, for people with curl and for other instances (`raw`). One key is answered by the instance that has it, to
 * which the others redirect; what several instances have is put together by the one that is asked.
 */
export function queryRoutes(applicationId: string, queries: RoutedQueries): HttpHandler {
  const { local } = queries
  const of = (
    path: string,
    answer: (store: CatalogStore, request: HttpRequest, key: string) => Promise<HttpResponse>,
  ): HttpRoute => ({
    method: path.endsWith('/raw') ? 'POST' : 'GET',
    path,
    answer: (request, { store = '', key = '' }) => answer(local.find(store), request, key),
  })
  const list = (): HttpResponse => {
    const stores = local.stores.map(describeStore)
    return jsonResponse(200, { application: applicationId, state: local.state, stores })
  }
  return routed(
    [
      { method: 'GET', path: '/stores', answer: list },
      of('/stores/:store', async (store) =>
        jsonResponse(200, { ...describeStore(store), partitions: placesOf(local, store) }),
      ),
      of('/stores/:store/count', async (store) =>
        jsonResponse(200, await queries.answer(store, { kind: 'count' }, local.partitions(store))),
      ),
      of('/stores/:store/keys', (store, { query }) => answerAll(queries, store, urlQuery(store, query))),
      of('/stores/:store/keys/:key', (store, request, key) => answerKey(queries, store, { request, key })),
      of('/stores/:store/raw', async (store, { body }) => answerRaw(local, store, body)),
    ],
    errorResponse,
  )
}

function describeStore({ name, kind, key, value }: CatalogStore): object {
  return { name, kind, key: key.name, keyInUrls: keyForm(key), value: value.name }
}

function placesOf(local: LocalQueries, store: CatalogStore): readonly object[] {
  return local.partitions(store).map((partition) => local.place(store, partition))
}

async function answerAll(queries: RoutedQueries, store: CatalogStore, query: RawQuery): Promise<HttpResponse> {
  return listResponse(store, query, await queries.answer(store, query, queries.local.partitions(store)))
}

async function answerKey(
  queries: RoutedQueries,
  store: CatalogStore,
  { request, key: text }: { readonly request: HttpRequest; readonly key: string },
): Promise<HttpResponse> {
  const { local } = queries
  const key = keyFromText(store, text)
  const query = urlQuery(store, request.query, key)
  const partitions = local.partitionsOf(store, key)
  const owner = partitions.length === 1 ? local.place(store, partitions[0]!) : undefined
  if (owner?.local === false && owner.address !== null && owner.address !== local.address)
    return redirect(owner.address, request)
  const answer =
    owner === undefined ? await queries.answer(store, query, partitions) : local.answer(store, query, partitions)
  if (query.kind !== 'get') return listResponse(store, query, answer)
  const [entry] = await readableEntries(store, answer)
  if (entry !== undefined) return jsonResponse(200, entry)
  return jsonResponse(404, { error: { message: `the store ${store.name} has no key ${text}` } })
}

/** 307 keeps the method; clients follow it by themselves (`curl -L`). */
function redirect(address: string, { path, query }: HttpRequest): HttpResponse {
  const search = query.size === 0 ? '' : `?${query.toString()}`
  const message = `the key is on the instance at ${address}`
  return jsonResponse(307, { error: { message, address } }, { location: `http://${address}${path}${search}` })
}

async function listResponse(store: CatalogStore, query: RawQuery, answer: RawAnswer): Promise<HttpResponse> {
  const entries = await readableEntries(store, answer)
  const limit = 'limit' in query ? query.limit - 1 : entries.length
  return jsonResponse(200, { entries: entries.slice(0, limit), more: entries.length > limit })
}

async function readableEntries(store: CatalogStore, answer: RawAnswer): Promise<readonly unknown[]> {
  if ('count' in answer) return []
  checkBytes(store, answer)
  await primeEntries(store, answer.entries)
  return answer.entries.map((entry) => readable(decodeEntry(store, entry)))
}

function answerRaw(local: LocalQueries, store: CatalogStore, body: Uint8Array): HttpResponse {
  const request = decodeRequest(body)
  if (request === undefined) throw invalid(store.name, 'the body is no query of this version of Millrace')
  const { query, partitions } = request
  if ('limit' in query && query.limit > entriesMax + 1) throw invalid(store.name, `limit is above ${entriesMax}`)
  const answer = local.answer(store, query, partitions)
  checkBytes(store, answer)
  return jsonResponse(200, encodeAnswer(answer))
}

function checkBytes({ name }: CatalogStore, answer: RawAnswer): void {
  const entries = 'entries' in answer ? answer.entries : []
  const bytes = entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
  if (bytes > answerBytesMax)
    throw invalid(name, `the answer has ${bytes} bytes, above ${answerBytesMax}: give a lower limit`)
}

const statusOf: Partial<Record<ErrorCode, number>> = {
  MILLRACE_STORE_UNKNOWN: 404,
  MILLRACE_STORE_KIND: 400,
  MILLRACE_QUERY_INVALID: 400,
  MILLRACE_STORE_NOT_READY: 503,
  MILLRACE_STORE_ELSEWHERE: 421,
  MILLRACE_QUERY_FAILED: 502,
}

function errorResponse(error: unknown): HttpResponse {
  if (error instanceof QueryError) {
    const status = statusOf[error.code] ?? 500
    return jsonResponse(status, encodeError(error), status === 503 ? { 'retry-after': '1' } : {})
  }
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof MillraceError ? error.code : undefined
  return jsonResponse(500, { error: { code, message } })
}
