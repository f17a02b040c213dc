import { describe, expect, it } from 'vitest'
import { streamRecord, type Headers } from '../../../src/core/stream-record.ts'
import { FlatMapOperator } from '../../../src/operators/flat-map.ts'
import { recorded } from '../../support/recording-context.ts'

const headers: Headers = [['trace', null]]

describe('flatMap', () => {
  it('sends on each pair with the timestamp and headers of the record', () => {
    const operator = new FlatMapOperator({
      mapper: (text: string, key: string) => [...text].map((c) => ({ key: c, value: key })),
    })
    const { context } = recorded(operator)
    operator.process(streamRecord('k', 'ab', 5, headers))
    expect(context.forwarded).toEqual([streamRecord('a', 'k', 5, headers), streamRecord('b', 'k', 5, headers)])
  })

  it('sends nothing for nothing', () => {
    expect(recorded(new FlatMapOperator({ mapper: () => [] })).send('k', 'v', 1)).toEqual([])
  })

  it('has sent what came before a failure', () => {
    const mapper = function* (value: string) {
      yield { key: 1, value }
      throw new Error('half way')
    }
    const { context, send } = recorded(new FlatMapOperator({ mapper }))
    expect(() => send('k', 'v', 1)).toThrow('half way')
    expect(context.take()).toEqual([[1, 'v', 1]])
  })
})
