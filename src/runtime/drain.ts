import { sleep, type Clock } from '../core/clock.ts'
import type { RuntimeTask } from './runtime-task.ts'

/** Tells one waiter at a time that something happened; what happens while nobody waits is remembered. */
export class Bell {
  #rung = false
  #wake: () => void = () => {}

  ring(): void {
    this.#rung = true
    this.#wake()
  }

  /** Until it rings, or rang since the last wait, but no longer than `ms`. */
  async wait(clock: Clock, ms: number): Promise<void> {
    const ended = new AbortController()
    this.#wake = () => ended.abort()
    if (this.#rung) ended.abort()
    await sleep(clock, ms, ended.signal)
    this.#rung = false
  }
}

/**
 * Forwards what the tasks have in flight until nothing is left or `timeoutMs` has passed. They are given no new records
 * meanwhile, and calls that wait for others of their lane are still made. A task that holds a record is not waited for: its
 * results would wait behind the record, and it cannot be committed.
 */
export async function drain(
  tasks: readonly Pick<RuntimeTask, 'inFlight' | 'heldUntilMs'>[],
  { clock, bell, timeoutMs }: { readonly clock: Clock; readonly bell: Bell; readonly timeoutMs: number },
): Promise<void> {
  const deadlineMs = clock.monotonic() + timeoutMs
  for (;;) {
    for (const { inFlight } of tasks) {
      do inFlight.drain()
      while (inFlight.deliver())
    }
    const leftMs = deadlineMs - clock.monotonic()
    const isDone = tasks.every(({ inFlight, heldUntilMs }) => inFlight.isEmpty || heldUntilMs !== undefined)
    if (isDone || leftMs <= 0) return
    await bell.wait(clock, leftMs)
  }
}
