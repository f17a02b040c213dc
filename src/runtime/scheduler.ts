import type { SchedulableTask, TaskReadiness } from './readiness.ts'

/** A task that may run, with what it waits for. */
export interface ScheduledTask {
  readonly task: SchedulableTask
  readonly readiness: TaskReadiness
}

interface Head extends ScheduledTask {
  timestamp: number
}

/**
 * Processes up to `max` records, always the one with the smallest timestamp among all tasks that are ready; of equal ones the
 * task that comes first. Within a task that is Kafka Streams' rule; across tasks it keeps a catch-up in step: tasks on both sides of
 * a repartition topic go through time together, so that what flows through the topic arrives nearly in order.
 *
 * A task becomes unready only by its own work, so readiness is asked again of the task that ran, never of the others.
 * @returns how many were processed; `max` means that there may be more
 */
export function processInTimeOrder(tasks: readonly ScheduledTask[], max: number, nowMs: number): number {
  const heads = readyHeads(tasks, nowMs)
  let done = 0
  while (done < max) {
    const head = heads[0]
    if (head === undefined) break
    done += runUntilBehind(head, heads[1], max - done, nowMs)
    if (refresh(head, nowMs)) sink(heads)
    else heads.shift()
  }
  return done
}

function readyHeads(tasks: readonly ScheduledTask[], nowMs: number): Head[] {
  const heads: Head[] = []
  for (const { task, readiness } of tasks) {
    const head = { task, readiness, timestamp: 0 }
    if (refresh(head, nowMs)) heads.push(head)
  }
  return heads.sort(compareHeads)
}

/** False when the task has nothing to do now. */
function refresh(head: Head, nowMs: number): boolean {
  if (!head.readiness.ready(nowMs)) return false
  const timestamp = head.task.nextTimestamp()
  if (timestamp === undefined) return false
  head.timestamp = timestamp
  return true
}

function runUntilBehind(head: Head, second: Head | undefined, max: number, nowMs: number): number {
  let done = 0
  do {
    head.task.process()
    done++
  } while (done < max && refresh(head, nowMs) && (second === undefined || compareHeads(head, second) < 0))
  return done
}

function compareHeads(a: Head, b: Head): number {
  return (
    a.timestamp - b.timestamp ||
    a.task.id.subtopology - b.task.id.subtopology ||
    a.task.id.partition - b.task.id.partition
  )
}

/** Moves the first head to its place: the others are sorted. There are few, and the task that ran mostly stays near the front. */
function sink(heads: Head[]): void {
  const head = heads[0]!
  let index = 0
  for (; index + 1 < heads.length && compareHeads(heads[index + 1]!, head) < 0; index++)
    heads[index] = heads[index + 1]!
  heads[index] = head
}
