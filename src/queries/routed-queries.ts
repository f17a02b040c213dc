import { sleep, type Clock } from '../core/clock.ts'
import { QueryError } from '../core/errors.ts'
import type { Http, HttpResponse } from '../http/http.ts'
import type { LocalQueries } from './local-queries.ts'
import { mergeAnswers, type RawAnswer, type RawQuery } from './raw-query.ts'
import type { CatalogStore } from './store-catalog.ts'
import { decodeAnswer, decodeError, encodeRequest } from './wire-format.ts'

export interface RoutedQueriesOptions {
  readonly local: LocalQueries
  readonly http: Http
  readonly clock: Clock
  /** For one request to another instance. */
  readonly timeoutMs: number
}

/** Before the one retry: for a task that is on its way to come up, or the group to tell of it. */
const retryWaitMs = 250
/** Of what one instance may answer. */
const responseBytesMax = 64 * 1_048_576

/** Whoever answers what readers ask. */
export interface QueryAnswerer {
  readonly local: LocalQueries
  answer(store: CatalogStore, query: RawQuery, partitions: readonly number[]): Promise<RawAnswer>
}

type Hints = Map<number, string>

/**
 * Asks whoever has the partitions: this instance, the others over HTTP, or both, and merges. All or nothing: when one of them cannot
 * answer there is an error, not a part of the answer. What may be a matter of a moment is tried once more, with what the group
 * says then and with what the instances said that were asked in vain.
 */
export class RoutedQueries implements QueryAnswerer {
  readonly local: LocalQueries
  readonly #options: RoutedQueriesOptions

  constructor(options: RoutedQueriesOptions) {
    this.local = options.local
    this.#options = options
  }

  /** @throws QueryError any of its codes */
  async answer(store: CatalogStore, query: RawQuery, partitions: readonly number[]): Promise<RawAnswer> {
    const hints: Hints = new Map()
    try {
      return await this.#ask(store, query, { partitions, hints })
    } catch (error) {
      if (!(error instanceof QueryError) || !error.retriable) throw error
      await sleep(this.#options.clock, retryWaitMs)
      return this.#ask(store, query, { partitions, hints })
    }
  }

  async #ask(
    store: CatalogStore,
    query: RawQuery,
    { partitions, hints }: { readonly partitions: readonly number[]; readonly hints: Hints },
  ): Promise<RawAnswer> {
    const groups = new Map<string | null, number[]>()
    for (const partition of partitions) {
      const address = this.#addressOf(store, partition, hints)
      groups.set(address, [...(groups.get(address) ?? []), partition])
    }
    const answers = [...groups].map(async ([address, ofAddress]) =>
      address === null
        ? this.local.answer(store, query, ofAddress)
        : this.#call(address, { store, query, partitions: ofAddress, hints }),
    )
    return mergeAnswers(await Promise.all(answers), query, store.kind === 'session')
  }

  /** Null: ask here, if only to learn why it is not here. */
  #addressOf(store: CatalogStore, partition: number, hints: Hints): string | null {
    const { local, address } = this.local.place(store, partition)
    if (local) return null
    const remote = hints.get(partition) ?? address
    return remote === this.local.address ? null : remote
  }

  async #call(
    address: string,
    asked: { store: CatalogStore; query: RawQuery; partitions: readonly number[]; hints: Hints },
  ): Promise<RawAnswer> {
    const { store, query, partitions, hints } = asked
    const response = await this.#send(address, store.name, encodeRequest({ query, partitions }))
    const answer = response.status === 200 ? decodeAnswer(response.body) : undefined
    if (answer !== undefined) return answer
    const error = decodeError(response.body, store.name)
    if (error === undefined) throw failed(store.name, address, `answered with status ${response.status}`)
    if (error.address !== undefined && error.partition !== undefined) hints.set(error.partition, error.address)
    throw error
  }

  async #send(address: string, store: string, body: string): Promise<HttpResponse> {
    const { http, timeoutMs } = this.#options
    const url = `http://${address}/stores/${encodeURIComponent(store)}/raw`
    try {
      return await http.call({ method: 'POST', url, body, timeoutMs, responseBytesMax })
    } catch (cause) {
      throw failed(store, address, cause instanceof Error ? cause.message : String(cause), cause)
    }
  }
}

function failed(store: string, address: string, why: string, cause?: unknown): QueryError {
  const message =
    `the instance at ${address} could not be asked for the store ${store}: ${why}. ` +
    'If it is gone, the group gives its partitions to others after sessionTimeoutMs'
  return new QueryError('MILLRACE_QUERY_FAILED', message, { store, address, retriable: true, cause })
}
