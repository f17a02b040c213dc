import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Case, CaseNode, CaseOutput } from './case.ts'
import { readCases } from './case.ts'
import { deliberateDifferenceOf } from './deliberate-differences.ts'
import { differenceOf } from './run-case.ts'

const cases = readCases(join(import.meta.dirname, 'cases'))

describe('what Kafka Streams 4.1 puts out comes out here, or what an ADR says instead', () => {
  test.each(cases)('$name', async (testCase) => {
    expect(await differenceOf(testCase, deliberateDifferenceOf(testCase))).toBeNull()
  })
})

test('where we differ on purpose, the library does not do as we do', async () => {
  const deliberate = cases.filter((testCase) => deliberateDifferenceOf(testCase) !== undefined)
  for (const testCase of deliberate) expect(await differenceOf(testCase)).not.toBeNull()
})

describe('the comparison notices', () => {
  const counted = caseNamed('aggregate-01')
  const [sink, records] = Object.entries(counted.expected.outputs).find(([, written]) => written.length > 1)!

  test.each<[string, (written: readonly CaseOutput[]) => readonly CaseOutput[]]>([
    ['a record that is missing', (written) => written.slice(0, -1)],
    ['a record too many', (written) => [...written, written[0]!]],
    ['another value', ([first, ...rest]) => [{ ...first!, value: { other: true } }, ...rest]],
    ['another timestamp', ([first, ...rest]) => [{ ...first!, timestamp: first!.timestamp + 1 }, ...rest]],
    ['another order', (written) => written.toReversed()],
  ])('%s', async (_, alter) => {
    const outputs = { ...counted.expected.outputs, [sink]: alter(records) }
    expect(await differenceOf({ ...counted, expected: { ...counted.expected, outputs } })).toContain(
      `of ${sink}: expected`,
    )
  })

  test('another content of a store', async () => {
    const stored = cases.find(({ expected }) => Object.values(expected.stores ?? {}).some(({ length }) => length > 0))!
    const [store, rows] = Object.entries(stored.expected.stores!).find(([, { length }]) => length > 0)!
    const stores = { ...stored.expected.stores, [store]: rows.slice(1) }
    expect(await differenceOf({ ...stored, expected: { ...stored.expected, stores } })).toContain(
      `store ${store}: expected`,
    )
  })

  test('an error that was expected and did not come', async () => {
    const failing = { ...counted, expected: { ...counted.expected, error: { phase: 'run', in: 0 } } } as const
    expect(await differenceOf(failing)).toContain('error: expected')
  })

  test.each<[string, string, (node: CaseNode) => CaseNode]>([
    [
      'a join that became an inner one',
      'join-stream-stream',
      (node) => (node.op === 'joinStreams' ? { ...node, type: 'inner' } : node),
    ],
    ['a filter that became its opposite', '', (node) => (node.op === 'filter' ? { ...node, op: 'filterNot' } : node)],
    ['another size of windows', 'window', (node) => withWindow(node, ({ size }) => ({ size: Number(size) * 2 }))],
  ])('%s, in most cases that have it', async (_, family, change) => {
    const affected = cases.filter(({ name, topology }) => {
      return name.includes(family) && JSON.stringify(topology.map(change)) !== JSON.stringify(topology)
    })
    const differences = await Promise.all(
      affected.map((one) => differenceOf({ ...one, topology: one.topology.map(change) })),
    )
    expect(affected.length).toBeGreaterThan(2)
    expect(differences.filter((difference) => difference !== null).length).toBeGreaterThan(affected.length / 2)
  })
})

function withWindow(node: CaseNode, change: (node: CaseNode) => object): CaseNode {
  return node.op === 'windowedBy' && node['type'] === 'tumbling' ? { ...node, ...change(node) } : node
}

function caseNamed(name: string): Case {
  return cases.find((testCase) => testCase.name === name)!
}
