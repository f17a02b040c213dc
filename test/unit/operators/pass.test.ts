import { expect, it } from 'vitest'
import { streamRecord } from '../../../src/core/stream-record.ts'
import { PassOperator } from '../../../src/operators/pass.ts'
import { recorded } from '../../support/recording-context.ts'

it('pass hands on the very record', () => {
  const operator = new PassOperator()
  const { context } = recorded(operator)
  const record = streamRecord(null, null, 5)
  operator.process(record)
  expect(context.forwarded[0]).toBe(record)
})
