import { describe, expect, test } from 'vitest'
import { readArguments } from '../../../benchmarks/pipeline/arguments.ts'

describe('arguments of the pipeline benchmark', () => {
  test('without any it runs every job on every system', () => {
    expect(readArguments([])).toEqual({
      jobs: ['J1', 'J2'],
      systems: ['millrace', 'kafka-streams', 'kafkajs'],
      records: 1_000_000,
      rounds: 5,
      nodeArgs: [],
      json: undefined,
    })
  })

  test('are read as they are given', () => {
    const args = ['--job', 'J2', '--systems', 'kafkajs,millrace', '--records', '7', '--rounds', '1', '--json', 'a.json']
    expect(readArguments([...args, '--node-args=--cpu-prof --cpu-prof-dir=x'])).toEqual({
      jobs: ['J2'],
      systems: ['kafkajs', 'millrace'],
      records: 7,
      rounds: 1,
      nodeArgs: ['--cpu-prof', '--cpu-prof-dir=x'],
      json: 'a.json',
    })
  })

  test.each([
    [['--job', 'J9'], /J9 is none of J1, J2/],
    [['--systems', 'flink'], /flink is none of millrace/],
    [['--records', '0'], /--records 0 is not a whole number above 0/],
    [['--verbose'], /usage: npm run bench -- pipeline/],
  ])('%j is refused', (args, message) => {
    expect(() => readArguments(args)).toThrow(message)
  })
})
