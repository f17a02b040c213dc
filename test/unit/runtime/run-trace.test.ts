import { expect, test } from 'vitest'
import { json, string, topology } from 'millrace'
import { planReplay } from '../../../src/runtime/plan-replay.ts'
import { parkingRig } from './parking-rig.ts'

const serdes = { key: string(), value: json<number>() }

test('the way of a replayed record that ends early is not the way of what a punctuation forwards afterwards', async () => {
  let poisoned = true
  let leavesOut = false
  const declared = topology('ways', (builder) => {
    const stream = builder.stream('in', serdes)
    const ticks = stream
      .process<string, number>(() => ({
        init: (context) => {
          context.schedule('1s', 'wall-clock-time', () => context.forward({ key: 'tick', value: 7, timestamp: 0 }))
        },
        process: () => {},
      }))
      .flatMapValues((value) => [value])
    ticks.to('before', serdes)
    stream
      .merge(ticks)
      .flatMapValues((value) => (leavesOut ? [] : [value]))
      .mapValues(
        (value) => {
          if (poisoned) throw new RangeError('poisoned')
          return value
        },
        { onError: 'park' },
      )
      .to('out', serdes)
  })
  const { driver, pipe, send, letters, values } = await parkingRig(declared)
  pipe('a', 1)
  poisoned = false
  leavesOut = true
  for (const { record } of planReplay(letters(), () => false)) send(record!)
  driver.advanceWallClockTime('1s')
  expect(values('before', 'tick')).toEqual([7])
})
