import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Subscription } from '../../../src/core/subscription.ts'
import { subscriptionSerde } from '../../../src/serde/subscription-serdes.ts'
import { MemorySubscriptionStore } from '../../../src/state/memory-subscription-store.ts'
import { hex, keyKinds, sortedBy, StoreRig, text, type KeyKind } from './store-rig.ts'

type Entry = { readonly foreignKey: string; readonly primary: number; readonly partition: number }

const subscription = <PK>(primaryKey: PK, primaryPartition: number): Subscription<PK> => {
  return { request: 'subscribe', primaryKey, primaryPartition, hash: '0123456789abcdef' }
}

function keepsAsModel<PK>({ serde, keyOf, keyCount }: KeyKind<PK>): void {
  const serdes = { foreignKey: text, primaryKey: serde, subscription: subscriptionSerde(serde) }
  const place = { foreignKey: fc.constantFrom('', 'f', 'fo', 'g'), primary: fc.nat(keyCount - 1) }
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), ...place, partition: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), ...place }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), compact: fc.boolean() }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const rig = new StoreRig(() => new MemorySubscriptionStore('subscriptions', serdes), [] as Entry[])
      for (const each of steps) {
        if (each.kind === 'flush') rig.flush()
        else if (each.kind === 'crash') rig.crash(each.compact)
        else {
          const { foreignKey, primary } = each
          rig.model = rig.model.filter((entry) => entry.foreignKey !== foreignKey || entry.primary !== primary)
          if (each.kind === 'delete') rig.store.delete(foreignKey, keyOf(primary), 1)
          else {
            rig.model.push({ foreignKey, primary, partition: each.partition })
            rig.store.put(foreignKey, subscription(keyOf(primary), each.partition), 1)
          }
        }
        expect(rig.store.entryCount).toBe(rig.model.length)
        for (const foreignKey of ['', 'f', 'fo', 'g', 'nobody']) {
          const found = [...rig.store.subscriptions(foreignKey)]
          const of = sortedBy(
            rig.model.filter((entry) => entry.foreignKey === foreignKey),
            (entry) => hex(serde, keyOf(entry.primary)),
          )
          expect(found).toEqual(of.map(({ primary, partition }) => subscription(keyOf(primary), partition)))
        }
      }
    }),
    { numRuns: 120 },
  )
}

describe.each(keyKinds)('a subscription store with $label', (kind) => {
  test('finds who subscribed to a foreign key, in the order of their bytes, through flushes, crashes and compaction', () => {
    keepsAsModel(kind)
  })
})
