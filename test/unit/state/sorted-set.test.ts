import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { SortedSet } from '../../../src/state/sorted-set.ts'

test('stays in order through additions and removals at random places, over many chunks', () => {
  const random = seededRandom(7)
  const set = new SortedSet<number>((a, b) => a - b)
  const model = new Set<number>()
  for (let step = 0; step < 20_000; step += 1) {
    const item = Math.floor(random() * 8_000)
    if (model.has(item) && random() < 0.4) {
      set.remove(item)
      model.delete(item)
    } else if (!model.has(item)) {
      set.add(item)
      model.add(item)
    }
  }
  expect([...set]).toEqual([...model].sort((a, b) => a - b))
  expect(set.first).toBe(Math.min(...model))
})

test('removing what is not there changes nothing', () => {
  const set = new SortedSet<number>((a, b) => a - b)
  set.remove(1)
  set.add(2)
  set.remove(1)
  set.remove(3)
  expect([...set]).toEqual([2])
})

test('an iteration that removes each item it meets meets all of them', () => {
  const set = new SortedSet<number>((a, b) => a - b)
  for (let item = 0; item < 5_000; item += 1) set.add(item)
  let met = 0
  for (const item of set) {
    expect(item).toBe(met)
    set.remove(item)
    met += 1
  }
  expect(met).toBe(5_000)
  expect(set.first).toBeUndefined()
})

test('an iteration meets what is added behind its place, not what is added before it', () => {
  const set = new SortedSet<number>((a, b) => a - b)
  for (const item of [10, 20, 30]) set.add(item)
  const met: number[] = []
  for (const item of set) {
    met.push(item)
    if (item === 20) for (const added of [5, 25]) set.add(added)
  }
  expect(met).toEqual([10, 20, 25, 30])
})
