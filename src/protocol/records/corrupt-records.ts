import { BrokerError } from '../../core/errors.ts'

/** Where records came from, for errors. */
export interface RecordsPlace {
  readonly topic: string
  readonly partition: number
}

/** Never retriable: the same bytes come again. */
export function corruptRecords(
  { baseOffset }: { readonly baseOffset: number },
  { topic, partition }: RecordsPlace,
  what: string,
  cause?: unknown,
): BrokerError {
  return new BrokerError(
    'MILLRACE_RECORDS_CORRUPT',
    `cannot read the record batch of ${topic}-${partition} at offset ${baseOffset}: ${what}`,
    { topic, partition, offset: baseOffset, cause, retriable: false },
  )
}
