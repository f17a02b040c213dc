import { topology } from '../../src/dsl/topology.ts'
import { tumbling } from '../../src/dsl/windows.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { Topology } from '../../src/topology/topology.ts'

export interface Visit {
  readonly id: number
  readonly time: number
}

/**
 * The ids of a page's visits in each ten seconds: a set union, so that repeated records do not change the result.
 * `onVisit` may take its time, so that there is a middle to be killed in.
 */
export const windowedIds = (onVisit: (visit: Visit) => void): Topology =>
  topology('windowed-ids', (builder) => {
    builder
      .stream('visits', { key: string(), value: json<Visit>(), timestamp: (visit) => visit.time })
      .peek(onVisit)
      .groupByKey()
      .windowedBy(tumbling({ size: '10s', grace: '1d' }))
      .aggregate<readonly number[]>(
        () => [],
        (ids, visit) => [...new Set([...ids, visit.id])].sort((a, b) => a - b),
        { store: 'visits-per-window', value: json<readonly number[]>() },
      )
      .toStream({ selectKey: (_ids, { key, window }) => `${key}@${window.start}`, key: string() })
      .to('windows', { key: string(), value: json<readonly number[]>() })
  })

export const windowedIdsChangelog = 'windowed-ids-visits-per-window-changelog'

/**
 * Visits of five pages, mostly in order, some up to half a minute late. They are years old: what the broker would delete by
 * its own clock must not be lost.
 */
export function makeVisits(count: number): readonly { readonly key: string; readonly value: Visit }[] {
  const start = 1_700_000_000_000
  return Array.from({ length: count }, (_, id) => {
    const late = id % 7 === 0 ? (id % 31) * 1_000 : 0
    return { key: `page-${(id * id) % 5}`, value: { id, time: start + id * 40 - late } }
  })
}

export function expectedWindows(visits: ReturnType<typeof makeVisits>): Record<string, readonly number[]> {
  const windows: Record<string, number[]> = {}
  for (const { key, value } of visits) (windows[`${key}@${value.time - (value.time % 10_000)}`] ??= []).push(value.id)
  return windows
}
