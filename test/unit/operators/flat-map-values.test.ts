import { describe, expect, it } from 'vitest'
import { streamRecord, type Headers } from '../../../src/core/stream-record.ts'
import { FlatMapValuesOperator } from '../../../src/operators/flat-map-values.ts'
import { recorded } from '../../support/recording-context.ts'

const headers: Headers = [['trace', null]]

describe('flatMapValues', () => {
  it('sends on each value with the key, timestamp and headers of the record', () => {
    const operator = new FlatMapValuesOperator({ mapper: (text: string, key: string) => new Set([text, key, null]) })
    const { context } = recorded(operator)
    operator.process(streamRecord('k', 'v', 5, headers))
    expect(context.forwarded).toEqual(['v', 'k', null].map((value) => streamRecord('k', value, 5, headers)))
  })

  it('sends nothing for nothing', () => {
    expect(recorded(new FlatMapValuesOperator({ mapper: () => [] })).send('k', 'v', 1)).toEqual([])
  })
})
