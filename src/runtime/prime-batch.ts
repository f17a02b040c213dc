import { BrokerError } from '../core/errors.ts'
import type { Serde } from '../serde/serde.ts'
import type { FetchedBatch } from './port.ts'

/** A promise when records of the batch need I/O before they can be decoded (schemas not seen yet); see `Serde.prime`. */
export function primeBatch(
  batch: FetchedBatch,
  serdes: { readonly key: Serde<unknown>; readonly value: Serde<unknown> } | null,
): Promise<void> | undefined {
  if (serdes === null || (serdes.key.prime === undefined && serdes.value.prime === undefined)) return undefined
  const waits: Promise<void>[] = []
  for (let at = 0; at < batch.count; at++) {
    const key = batch.keyAt(at)
    const value = batch.valueAt(at)
    const keyWait = key === null ? undefined : serdes.key.prime?.(key)
    const valueWait = value === null ? undefined : serdes.value.prime?.(value)
    if (keyWait !== undefined) waits.push(keyWait)
    if (valueWait !== undefined) waits.push(valueWait)
  }
  return waits.length === 0 ? undefined : Promise.all(waits.map(unlessRetriable)).then(() => undefined)
}

/** A schema that does not exist is met again when the record is decoded; a registry out of reach is not the record's fault. */
async function unlessRetriable(primed: Promise<void>): Promise<void> {
  try {
    await primed
  } catch (error) {
    if (error instanceof BrokerError && error.retriable) throw error
  }
}
