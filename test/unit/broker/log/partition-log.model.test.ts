/* Random histories beside a list of records: appends, repeats, transactions, deletion, compaction, restarts and crashes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultLogConfig, type LogConfig } from '../../../../src/broker/log/log-config.ts'
import { MemoryStorage } from '../../../../src/broker/log/memory-storage.ts'
import { LogModel } from '../../../support/log-model.ts'

const keys = fc.array(fc.constantFrom(...'abcdABCD'), { minLength: 1, maxLength: 5 })
const producer = fc.integer({ min: 1, max: 3 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append'), keys }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('idempotent'), keys, producer: fc.integer({ min: 4, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat'), producer: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('transactional'), keys, producer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end'), producer, type: fc.constantFrom('commit', 'abort') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retain') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compact') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteBefore'), share }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate'), share }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash'),
      during: fc.constantFrom('append', 'compact', 'retain', 'delete'),
      bytes: fc.integer({ min: 0, max: 400 }),
      keys,
      share,
    }),
  },
)
type Step = (typeof step extends fc.Arbitrary<infer T> ? T : never) & Record<string, any>

async function run(model: LogModel, one: Step): Promise<void> {
  switch (one.do) {
    case 'append':
      return model.append(one['keys'])
    case 'idempotent':
      return model.append(one['keys'], one['producer'])
    case 'repeat':
      return model.repeat(one['producer'])
    case 'transactional':
      return model.append(one['keys'], one['producer'], true)
    case 'end':
      return model.end(one['producer'], one['type'])
    case 'wait':
      model.nowMs += one['ms']
      return
    case 'retain':
      return model.retain()
    case 'compact':
      return model.compact()
    case 'deleteBefore':
      return model.deleteBefore(one['share'])
    case 'truncate':
      // What was compacted away because of records that are gone now is gone too: no list knows of it.
      return model.isCompacted ? undefined : model.truncate(one['share'])
    case 'reopen':
      return model.reopen()
    default:
      return crash(model, one)
  }
}

async function crash(model: LogModel, { during, bytes, keys: written, share: at }: Step): Promise<void> {
  if (during === 'append') return model.crashingAppend(bytes, written, -1)
  const actions = {
    compact: () => model.compact(),
    retain: () => model.retain(),
    delete: () => void model.log.deleteRecordsBefore(Math.floor(at * model.log.endOffset), model.nowMs),
  }
  return model.crash(bytes, actions[during as keyof typeof actions])
}

const small: LogConfig = { ...defaultLogConfig, segmentBytes: 400, segmentMs: 1e12, deleteRetentionMs: 200 }
const configs: readonly (readonly [string, LogConfig])[] = [
  ['deleted by time and size', { ...small, retentionMs: 500, retentionBytes: 1500 }],
  ['kept', { ...small, retentionMs: -1 }],
  ['compacted', { ...small, cleanupPolicy: { delete: false, compact: true }, minCleanableDirtyRatio: 0.01 }],
  [
    'compacted and deleted',
    { ...small, cleanupPolicy: { delete: true, compact: true }, retentionMs: 800, minCleanableDirtyRatio: 0.3 },
  ],
]
/** Found once: records below the start are cut off with the batch that reaches over it. */
const cutBelowItsStart: Step[] = [
  { do: 'transactional', keys: ['a'], producer: 3 },
  { do: 'append', keys: ['a', 'a'] },
  { do: 'deleteBefore', share: 2 / 3 },
  { do: 'truncate', share: 0 },
  { do: 'repeat', producer: 3 },
  { do: 'end', producer: 3, type: 'commit' },
  { do: 'transactional', keys: ['b'], producer: 3 },
]
const numRuns = Number(process.env['LOG_MODEL_RUNS'] ?? 60)

describe.each(configs)('a log that is %s', (_, config) => {
  test('is at every moment what a list of records says, through restarts and crashes at any byte', async () => {
    const maxBytes = fc.constantFrom(1, 200, 100_000)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), maxBytes, async (steps, bytes) => {
        const model = new LogModel(new MemoryStorage(), config)
        for (const one of steps) {
          await run(model, one as Step)
          model.check(bytes, config.cleanupPolicy.compact)
        }
      }),
      { numRuns, examples: [[cutBelowItsStart, 1]] },
    )
  })
})

test('after a loss of power the log is a beginning of what it was, and at least what had been synced', async () => {
  const appends = fc.array(keys, { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(appends, fc.array(share, { minLength: 5, maxLength: 5 }), async (written, shares) => {
      const model = new LogModel(new MemoryStorage(), { ...small, retentionMs: -1 })
      for (const some of written) model.append(some)
      let next = 0
      await model.crash(
        Number.POSITIVE_INFINITY,
        () => {},
        () => shares[next++ % shares.length]!,
      )
      model.check(100_000, false)
      model.append(['a'])
      model.check(100_000, false)
      expect(model.log.endOffset).toBeGreaterThan(0)
    }),
    { numRuns: 2 * numRuns },
  )
})
