const distinct = 10_000
const valueBytes = 200
const firstTimestamp = 1_700_000_000_000
let state = 12_345

export interface SampleRecord {
  readonly key: Buffer
  readonly value: Buffer
  readonly timestamp: number
}

/** JSON of 200 bytes under keys of 10, of which LZ4 leaves three quarters; the same in every process. */
const samples: readonly Omit<SampleRecord, 'timestamp'>[] = Array.from({ length: distinct }, sample)

/** The record that is sent as the `index`-th. */
export function recordAt(index: number): SampleRecord {
  const { key, value } = samples[index % distinct]!
  return { key, value, timestamp: firstTimestamp + index }
}

/** Marsaglia's xorshift: the same numbers on every machine. */
function next(): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return state >>> 0
}

function sample(_: unknown, id: number): Omit<SampleRecord, 'timestamp'> {
  const key = Buffer.from(`user${String(next() % 1_000_000).padStart(6, '0')}`)
  let text = `{"id":${id},"user":"user-${next() % 100_000}","amount":${(next() % 100_000) / 100},"status":"ok","note":"`
  while (text.length < valueBytes - 2) text += next().toString(36)
  return { key, value: Buffer.from(`${text.slice(0, valueBytes - 2)}"}`) }
}
