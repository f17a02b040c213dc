import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from '../../../src/core/heap.ts'

test('gives its items in order, whatever was pushed and popped before', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20))), (steps) => {
      const heap = new Heap<number>((a, b) => a - b)
      let model: number[] = []
      for (const step of steps) {
        if (step === null) expect(heap.pop()).toBe(model.shift())
        else heap.push(step)
        if (step !== null) model = [...model, step].sort((a, b) => a - b)
        expect(heap.first).toBe(model[0])
        expect(heap.size).toBe(model.length)
      }
    }),
  )
})

test('equal items come in the order of java.util.PriorityQueue', () => {
  const heap = new Heap<string>(() => 0)
  for (const item of 'abcde') heap.push(item)
  // What Java 17 prints: conformance cases process-ties-* hold it for punctuations.
  expect([heap.pop(), heap.pop(), heap.pop(), heap.pop(), heap.pop()].join('')).toBe('aedcb')
})
