/** Listeners of one event, told in the order in which they came. One that throws is an uncaught exception, and stops no other. */
export class Listeners<T> {
  readonly #listeners = new Set<(event: T) => void>()

  get count(): number {
    return this.#listeners.size
  }

  add(listener: (event: T) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(event: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
