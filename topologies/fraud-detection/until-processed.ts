import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { MillraceApp } from 'millrace'
import { sumOf, topicOffsets } from './offsets.ts'
import { topicNames } from './topic-names.ts'

const pollMs = 200

export interface UntilProcessedOptions {
  readonly onProgress: (scored: number) => void
  readonly signal: AbortSignal
}

/**
 * Resolves when the app has committed everything that its topics hold, the internal ones included. A commit follows the
 * acknowledgement of what was made from it, so all results are in their topics then.
 *
 * @throws what made the app fail
 */
export async function untilProcessed(admin: Admin, app: MillraceApp, options: UntilProcessedOptions): Promise<void> {
  const ended = app.closed.then(() => {
    options.signal.throwIfAborted()
    throw new Error('the app stopped before it was done')
  })
  const polling = new AbortController()
  const signal = AbortSignal.any([options.signal, polling.signal])
  try {
    await Promise.race([ended, poll(admin, app, { ...options, signal })])
  } finally {
    polling.abort()
    ended.catch(() => undefined)
  }
}

async function poll(admin: Admin, app: MillraceApp, { onProgress, signal }: UntilProcessedOptions): Promise<void> {
  const sources = app.plan.subtopologies.flatMap((subtopology) => subtopology.sources.map(({ topic }) => topic))
  for (;;) {
    signal.throwIfAborted()
    // Before the ends, or a commit could be taken for the last one while more is written to a repartition topic.
    const committed = await admin.fetchOffsets({ groupId: app.plan.applicationId, topics: sources })
    const lags = await Promise.all(committed.map(({ topic, partitions }) => lagOf(admin, topic, partitions)))
    onProgress(sumOf((await topicOffsets(admin, topicNames.scored)).high))
    if (lags.every((lag) => lag === 0)) return
    await sleep(pollMs, undefined, { signal }).catch(() => undefined)
  }
}

async function lagOf(
  admin: Admin,
  topic: string,
  committed: readonly { readonly partition: number; readonly offset: string }[],
): Promise<number> {
  const { low, high } = await topicOffsets(admin, topic)
  return [...high].reduce((lag, [partition, end]) => {
    const offset = Number(committed.find((each) => each.partition === partition)?.offset ?? -1)
    // -1: nothing was committed yet, everything that is there is still to come.
    return lag + end - (offset < 0 ? low.get(partition)! : offset)
  }, 0)
}
