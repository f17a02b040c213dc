import type { Clock, Timer } from '../core/clock.ts'
import { retryDelayMs } from '../core/retry-policy.ts'
import type { AttemptContext } from '../topology/async-functions.ts'
import type { AsyncSettings } from '../topology/async-nodes.ts'

/** With how many attempts it took. */
export type CallOutcome = ({ readonly result: unknown } | { readonly error: unknown }) & { readonly attempts: number }

export interface AsyncCallOptions extends Pick<AsyncSettings, 'timeoutMs' | 'retries'> {
  readonly clock: Pick<Clock, 'setTimer'>
  readonly call: (attempt: AttemptContext) => unknown
  readonly check?: ((result: unknown) => void) | undefined
  /** An attempt has failed; the next one is not due yet. */
  readonly onRest: () => void
  /** Once, unless it is aborted before. */
  readonly onEnd: (outcome: CallOutcome) => void
}

/**
 * One call of a user's function with its attempts: each bounded in time, a wait between two. What an attempt says after its
 * time is over, or after `abort`, is heard by nobody.
 */
export class AsyncCall {
  readonly #options: AsyncCallOptions
  #attempt = 0
  #timer: Timer | undefined
  #controller: AbortController | undefined
  #ended = false

  constructor(options: AsyncCallOptions) {
    this.#options = options
    this.#start()
  }

  /** It failed and waits for its next attempt. */
  get resting(): boolean {
    return this.#controller === undefined && !this.#ended
  }

  abort(reason: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer?.cancel()
    this.#controller?.abort(reason)
  }

  #start(): void {
    const { call, check, timeoutMs, clock } = this.#options
    const controller = (this.#controller = new AbortController())
    const attempt = ++this.#attempt
    const isCurrent = (): boolean => !this.#ended && this.#controller === controller
    if (timeoutMs !== null) {
      this.#timer = clock.setTimer(timeoutMs, () => {
        if (!isCurrent()) return
        const error = new CallTimeout(timeoutMs)
        this.#failed(error)
        controller.abort(error)
      })
    }
    const fail = (error: unknown): void => {
      if (isCurrent()) this.#failed(error)
    }
    const succeed = (result: unknown): void => {
      if (!isCurrent()) return
      try {
        check?.(result)
      } catch (error) {
        return fail(error)
      }
      this.#end({ result, attempts: attempt })
    }
    try {
      const answer = call({ signal: controller.signal, attempt })
      if (isThenable(answer)) answer.then(succeed, fail)
      else succeed(answer)
    } catch (error) {
      fail(error)
    }
  }

  #failed(error: unknown): void {
    const { retries, clock, onRest } = this.#options
    if (this.#attempt >= retries.attempts) return this.#end({ error, attempts: this.#attempt })
    this.#timer?.cancel()
    this.#controller = undefined
    this.#timer = clock.setTimer(retryDelayMs(retries, this.#attempt), () => {
      if (!this.#ended) this.#start()
    })
    onRest()
  }

  #end(outcome: CallOutcome): void {
    this.#ended = true
    this.#timer?.cancel()
    this.#options.onEnd(outcome)
  }
}

class CallTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`)
    this.name = 'TimeoutError'
  }
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
}
