import { expect, test } from 'vitest'
import {
  BrokerError,
  ConfigError,
  errorCodes,
  MillraceError,
  ProcessingError,
  SerializationError,
  StateError,
  TopologyError,
} from 'millrace'
import { assert, unreachable } from '../../../src/core/assert.ts'

test('an error has a code, its place, and what caused it', () => {
  const cause = new RangeError('inner')
  const error = new ProcessingError('it failed', {
    topic: 't',
    partition: 1,
    offset: 2,
    nodeName: 'n',
    taskId: '0_1',
    cause,
  })
  expect(error).toMatchObject({
    name: 'ProcessingError',
    code: 'MILLRACE_PROCESSING_FAILED',
    message: 'it failed',
    topic: 't',
    partition: 1,
    offset: 2,
    nodeName: 'n',
    taskId: '0_1',
    cause,
  })
  expect('cause' in new ProcessingError('it failed')).toBe(false)
})

test('the base class knows the errors of another copy of the package, its families only their own', () => {
  class Copied extends Error {}
  const copied = Object.defineProperty(new Copied(), Symbol.for('millrace.error'), { value: true })
  expect(copied instanceof MillraceError).toBe(true)
  expect(copied instanceof ProcessingError).toBe(false)
  expect(new StateError('full') instanceof MillraceError).toBe(true)
  expect(new StateError('full') instanceof ProcessingError).toBe(false)
  for (const other of [new Error('x'), {}, null, undefined, 'text'])
    expect((other as unknown) instanceof MillraceError).toBe(false)
})

test('codes say which half of a record’s way failed, and are listed', () => {
  const codes = [
    new SerializationError('decode', '').code,
    new SerializationError('encode', '').code,
    new StateError('').code,
    new StateError('', { code: 'MILLRACE_BUFFER_FULL' }).code,
    new BrokerError('MILLRACE_BROKER_UNREACHABLE', '', { retriable: true }).code,
  ]
  expect(codes).toEqual([
    'MILLRACE_DECODE_FAILED',
    'MILLRACE_ENCODE_FAILED',
    'MILLRACE_STATE_FAILED',
    'MILLRACE_BUFFER_FULL',
    'MILLRACE_BROKER_UNREACHABLE',
  ])
  expect(errorCodes).toEqual(expect.arrayContaining(codes))
})

test('problems are listed with path, problem and remedy', () => {
  const problems = [
    { path: 'a', problem: 'is wrong', remedy: 'set it right' },
    { path: 'b', problem: 'is missing', remedy: 'add it' },
  ]
  expect(new TopologyError(problems).message).toBe(
    'the topology cannot run as written:\n  - a: is wrong; set it right\n  - b: is missing; add it',
  )
  expect(new ConfigError(problems)).toMatchObject({ code: 'MILLRACE_CONFIG_INVALID', problems })
})

test('a broken invariant says that it is a bug of the library', () => {
  expect(() => assert(false, () => 'order')).toThrow(
    'invariant broken: order. This is a bug in Millrace; please report it.',
  )
  expect(() => assert(true, 'order')).not.toThrow()
  expect(() => unreachable('x' as never)).toThrow('unreachable: x')
})
