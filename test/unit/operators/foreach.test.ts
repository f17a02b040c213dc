import { expect, it } from 'vitest'
import { ForeachOperator } from '../../../src/operators/foreach.ts'
import { recorded } from '../../support/recording-context.ts'

it('forEach runs its action on value and key, nulls too, and sends nothing on', () => {
  const seen: unknown[] = []
  const { send } = recorded(new ForeachOperator({ action: (value, key) => seen.push([value, key]) }))
  expect([...send('k', 1, 5), ...send(null, null, 6)]).toEqual([])
  expect(seen).toEqual([
    [1, 'k'],
    [null, null],
  ])
})
