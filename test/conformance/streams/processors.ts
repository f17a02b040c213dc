import { isDeepStrictEqual } from 'node:util'
import type { Duration, KeyValueStoreDeclaration, ProcessorSupplier, PunctuationType } from 'millrace'

/* The named processors of cases; test/conformance/oracle/README.md says what they do. */

export function forgettingRepeats(declared: KeyValueStoreDeclaration<any, any>): ProcessorSupplier {
  return () => ({
    process(record, context) {
      if (record.key === null) return
      const store = context.store(declared)
      if (isDeepStrictEqual(store.get(record.key), record.value)) return
      store.put(record.key, record.value)
      context.forward(record)
    },
  })
}

export function counting(type: PunctuationType, interval: Duration): ProcessorSupplier {
  return () => {
    let seen = 0
    return {
      init(context) {
        context.schedule(interval, type, (timestamp) => context.forward({ key: 'punctuate', value: seen, timestamp }))
      },
      process(record, context) {
        seen += 1
        context.forward(record)
      },
    }
  }
}
