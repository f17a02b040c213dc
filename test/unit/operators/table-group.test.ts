import { expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { TableGroupOperator, type TableGroupOptions } from '../../../src/operators/table-group.ts'
import { recorded } from '../../support/recording-context.ts'

interface Account {
  readonly branch: string | null
  readonly balance: number | null
}

const account = (branch: string | null, balance: number | null): Account => ({ branch, balance })

type Selector<K2> = TableGroupOptions<string, Account, K2, number>['selector']

function group<K2>(selector: Selector<K2>) {
  return recorded(new TableGroupOperator<string, Account, K2, number>({ selector, dropOutOfOrder: false }, {}))
}

const byBranch: Selector<string> = ({ branch, balance }) => ({ key: branch, value: balance })

test('a change within one group is one record with both values', () => {
  const { send } = group(byBranch)
  expect(send('k', change(account('north', 7), account('north', 5)), 3)).toEqual([['north', change(7, 5), 3]])
})

test('a move between groups takes the old value out before it adds the new one', () => {
  const { send } = group(byBranch)
  expect(send('k', change(account('south', 7), account('north', 5)), 3)).toEqual([
    ['north', change(null, 5), 3],
    ['south', change(7, null), 3],
  ])
})

test('a first value is only added, and a deletion only takes out', () => {
  const { send } = group(byBranch)
  expect(send('k', change(account('north', 5), null), 1)).toEqual([['north', change(5, null), 1]])
  expect(send('k', change(null, account('north', 5)), 2)).toEqual([['north', change(null, 5), 2]])
})

test('a half without group key or value is left out', () => {
  const { send } = group(byBranch)
  expect(send('k', change(account(null, 7), account('north', 5)), 1)).toEqual([['north', change(null, 5), 1]])
  expect(send('k', change(account('north', null), account(null, 5)), 2)).toEqual([])
  expect(send('k', change(account('north', 7), account('north', null)), 3)).toEqual([['north', change(7, null), 3]])
})

test('the selector is not asked about a tombstone', () => {
  const seen: string[] = []
  const { send } = group((value, key) => {
    seen.push(`${key}=${value.balance}`)
    return { key, value: value.balance }
  })
  send('k', change(null, account('north', 5)), 1)
  expect(seen).toEqual(['k=5'])
})

test('group keys that are objects are equal by what they hold', () => {
  const { send } = group<object>(({ branch, balance }) => ({ key: { branch }, value: balance }))
  expect(send('k', change(account('north', 7), account('north', 5)), 3)).toEqual([
    [{ branch: 'north' }, change(7, 5), 3],
  ])
  expect(send('k', change(account('south', 7), account('north', 5)), 4)).toHaveLength(2)
})
