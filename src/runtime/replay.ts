import type { Headers } from '../core/stream-record.ts'
import type { ResumePath } from './run-trace.ts'

/** What a record says that `millrace dlq replay` brought back from a dead-letter topic. */
export interface Replay {
  /** Where it stood in its topic when it came for the first time; its key's records go by that. */
  readonly offset: number
  /** The `offset` of the key's record that the same replay brought before this one; -1: it is the first. */
  readonly previous: number
  /** How often it was tried before. */
  readonly attempts: number
  /** It was parked: it failed, or was held back behind one that did. */
  readonly parked: boolean
  /** It is not to be processed: its user gave it up, and what waits behind it may go on. */
  readonly discard: boolean
  /** Where it failed; empty: it is processed from the start. */
  readonly path: ResumePath
}

const replayHeader = '__millrace.replay'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Undefined for a record that comes for the first time, or whose header somebody else wrote. */
export function replayOf(headers: Headers): Replay | undefined {
  if (headers.length === 0) return undefined
  const found = headers.findLast(([name]) => name === replayHeader)?.[1]
  if (found === undefined || found === null) return undefined
  try {
    const replay = JSON.parse(decoder.decode(found)) as Replay
    return isReplay(replay) ? replay : undefined
  } catch {
    return undefined
  }
}

function isReplay({ offset, previous, attempts, path }: Partial<Replay>): boolean {
  return Number.isInteger(offset) && Number.isInteger(previous) && Number.isInteger(attempts) && Array.isArray(path)
}

/** The headers as the record's producer set them: what follows from a replayed record is not a replay. */
export function withoutReplay(headers: Headers): Headers {
  if (headers.length === 0) return headers
  if (headers.every(([name]) => name !== replayHeader)) return headers
  return headers.filter(([name]) => name !== replayHeader)
}

export function withReplay(headers: Headers, replay: Replay): Headers {
  return [...withoutReplay(headers), [replayHeader, encoder.encode(JSON.stringify(replay))]]
}
