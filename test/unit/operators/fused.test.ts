import { describe, expect, it } from 'vitest'
import { streamRecord, type Headers, type StreamRecord } from '../../../src/core/stream-record.ts'
import { FusedOperator, type FusedStep } from '../../../src/operators/fused.ts'
import { StepError } from '../../../src/operators/step-error.ts'
import { recorded } from '../../support/recording-context.ts'

function run(steps: readonly FusedStep[], record: StreamRecord): readonly StreamRecord[] {
  const operator = new FusedOperator({ steps })
  const { context } = recorded(operator)
  operator.process(record)
  return context.forwarded
}
const headers: Headers = [['trace', null]]
const record = streamRecord('k', 2, 7, headers)

const double: FusedStep = { kind: 'map-values', name: 'double', mapper: (n: number) => n * 2 }
const even: FusedStep = { kind: 'filter', name: 'even', predicate: (n: number) => n % 2 === 0, negate: false }

describe('a fused chain', () => {
  it('runs its steps in order on the value and key that the one before left', () => {
    const seen: unknown[] = []
    const steps: FusedStep[] = [
      even,
      double,
      { kind: 'select-key', name: 'key', mapper: (n: number, key: string) => `${key}${n}` },
      { kind: 'map', name: 'swap', mapper: (n: number, key: string) => ({ key: n, value: key }) },
      { kind: 'peek', name: 'look', action: (value, key) => seen.push([value, key]) },
    ]
    expect(run(steps, record)).toEqual([streamRecord(4, 'k4', 7, headers)])
    expect(seen).toEqual([['k4', 4]])
  })

  it('stops at a filter that does not hold, and at one that holds but is negated', () => {
    const unreachable: FusedStep = { kind: 'peek', name: 'never', action: () => expect.unreachable() }
    expect(run([even, unreachable], streamRecord('k', 1, 0))).toEqual([])
    expect(run([{ ...even, negate: true }, unreachable], record)).toEqual([])
    expect(run([{ ...even, negate: true }], streamRecord('k', 1, 0))).toHaveLength(1)
  })

  it('hands on the very record when nothing changed', () => {
    const same: FusedStep = { kind: 'map-values', name: 'same', mapper: (n) => n }
    expect(run([even, same, { kind: 'peek', name: 'look', action: () => 'ignored' }], record)[0]).toBe(record)
  })

  it('passes null keys and values to its functions', () => {
    const toText: FusedStep = {
      kind: 'map',
      name: 'text',
      mapper: (value, key) => ({ key: String(key), value: String(value) }),
    }
    expect(run([toText], streamRecord(null, null, 1))).toEqual([streamRecord('null', 'null', 1)])
  })

  it('names the step that failed and keeps what it threw', () => {
    const cause = new Error('no')
    const fails: FusedStep = {
      kind: 'map-values',
      name: 'enrich',
      mapper: () => {
        throw cause
      },
    }
    expect.assertions(3)
    try {
      run([even, fails, double], record)
    } catch (error) {
      expect(error).toBeInstanceOf(StepError)
      expect((error as StepError).stepName).toBe('enrich')
      expect((error as StepError).cause).toBe(cause)
    }
  })

  it('does not take the blame for what fails further down', () => {
    const operator = new FusedOperator({ steps: [double] })
    const { context } = recorded(operator)
    const cause = new Error('downstream')
    context.onForward = () => {
      throw cause
    }
    expect(() => operator.process(record)).toThrow(cause)
  })
})
