import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ServedRow {
  readonly key: number
  readonly name: string
  readonly served: string
  readonly kafka: string
}

export interface UnservedRow {
  readonly key: number
  readonly name: string
}

export interface NotDone {
  readonly text: string
  readonly served: readonly ServedRow[]
  readonly unserved: readonly UnservedRow[]
}

/** What src/broker/NOT-DONE.md says: its tables, row by row. */
export function readNotDone(): NotDone {
  const text = readFileSync(join(import.meta.dirname, '../../src/broker/NOT-DONE.md'), 'utf8')
  const rows = [...text.matchAll(/^\| (\d.*) \|$/gm)].map(([, cells]) => cells!.split(' | '))
  const served = rows
    .filter((cells) => cells.length === 5)
    .map(([key, name, own, kafka]) => ({ key: Number(key), name: name!, served: own!, kafka: kafka! }))
  const unserved = rows.filter((cells) => cells.length === 3).map(([key, name]) => ({ key: Number(key), name: name! }))
  return { text, served, unserved }
}

/** As the tables write a range. */
export function rangeText([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${first}-${last}`
}
