import { topology } from '../../src/dsl/topology.ts'
import { tumbling } from '../../src/dsl/windows.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { Topology } from '../../src/topology/topology.ts'

export interface Tick {
  readonly id: number
  readonly key: string
  readonly time: number
}

/** The ids of each key in each ten seconds, once the window has closed. A set union, so that repeated records change nothing. */
export const finalIds: Topology = topology('final-ids', (builder) => {
  builder
    .stream('ticks', { key: string(), value: json<Tick>(), timestamp: (tick) => tick.time })
    .selectKey((tick) => tick.key, { key: string() })
    .groupByKey()
    .windowedBy(tumbling({ size: '10s', grace: '5s' }))
    .emitStrategy('window-close')
    .aggregate<readonly number[]>(
      () => [],
      (ids, { id }) => [...new Set([...ids, id])].sort((a, b) => a - b),
      { store: 'ids', value: json<readonly number[]>() },
    )
    .toStream({ selectKey: (_ids, { key, window }) => `${key}@${window.start}`, key: string() })
    .to('finals', { key: string(), value: json<readonly number[]>() })
})

export const finalIdsTopics = {
  ticks: 'ticks',
  repartition: 'final-ids-ids-repartition',
  changelog: 'final-ids-ids-changelog',
  finals: 'finals',
} as const

/** Event times that creep, go back within and beyond the grace, and now and then jump over everything that a store retains. */
export function makeTicks(count: number): readonly Tick[] {
  let newest = 1_600_000_000_000
  return Array.from({ length: count }, (_, id) => {
    newest += id % 23 === 22 ? 3_600_000 : 900
    const late = id % 5 === 0 ? ((id * 7) % 11) * 2_000 : 0
    return { id, key: `k${(id * id) % 3}`, time: newest - late }
  })
}
