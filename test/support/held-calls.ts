import type { AttemptContext } from 'millrace'

interface HeldCall<I, O> {
  readonly input: I
  readonly context: AttemptContext
  resolve(output: O): void
  reject(error: unknown): void
}

/** A function that answers when the test says so. */
export class HeldCalls<I, O> {
  readonly #waiting: HeldCall<I, O>[] = []
  /** Of every call so far, as it was made. */
  readonly inputs: I[] = []
  /** The most that were waiting at a time. */
  most = 0

  call(input: I, context: AttemptContext): Promise<O> {
    this.inputs.push(input)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, context, resolve, reject })
      this.most = Math.max(this.most, this.#waiting.length)
    })
  }

  get waiting(): readonly I[] {
    return this.#waiting.map(({ input }) => input)
  }

  answer(input: I, output: O): void {
    this.#take(input).resolve(output)
  }

  fail(input: I, error: unknown): void {
    this.#take(input).reject(error)
  }

  /** Without an answer. */
  drop(input: I): AttemptContext {
    return this.#take(input).context
  }

  #take(input: I): HeldCall<I, O> {
    const at = this.#waiting.findIndex((call) => call.input === input)
    if (at < 0) throw new Error(`${String(input)} was not asked for; these wait: ${this.waiting.map(String).join()}`)
    return this.#waiting.splice(at, 1)[0]!
  }
}
