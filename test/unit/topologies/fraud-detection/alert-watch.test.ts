import { expect, test } from 'vitest'
import { AlertWatch } from '../../../../topologies/fraud-detection/alert-watch.ts'
import type { FraudAlert } from '../../../../topologies/fraud-detection/schemas.ts'
import { transaction } from './fraud-data.ts'

function alert(transactionId: number): FraudAlert {
  const { fraud: _fraud, scenario: _scenario, ...rest } = transaction({ transactionId, amount: 12.5 })
  return { ...rest, score: 0.875, reason: 'night' }
}

test('precision and recall count each alert once, also when it comes twice', () => {
  const watch = new AlertWatch({ line: () => undefined, status: () => undefined })
  watch.learn([1, 2, 3, 4, 5].map((transactionId) => transaction({ transactionId, fraud: transactionId <= 4 })))
  for (const id of [1, 1, 5, 2, 2]) watch.show(alert(id))
  expect(watch.summary()).toBe('3 alerts for 4 frauds: precision 0.67, recall 0.50')
})

test('without an alert there is no precision to tell', () => {
  const watch = new AlertWatch({ line: () => undefined, status: () => undefined })
  watch.learn([transaction({ fraud: true })])
  expect(watch.summary()).toBe('0 alerts for 1 frauds: precision unknown, recall 0.00')
})

test('of alerts that come at once one is shown, with who, where, how much and why', () => {
  const lines: string[] = []
  const watch = new AlertWatch({ line: (text) => lines.push(text), status: () => undefined })
  for (const id of [1, 2, 3]) watch.show(alert(id))
  expect(lines).toEqual(['ALERT 2024-01-01 00:00  customer 1 at terminal 1, $12.50, score 0.88: night'])
  expect(watch.count).toBe(3)
})
