import { describe, expect, test } from 'vitest'
import type { CompatibilityLevel } from '../../../src/registry/compatibility.ts'
import { RegistryError } from '../../../src/registry/registry-error.ts'
import { Subjects, type RegistryChange } from '../../../src/registry/subjects.ts'

const order = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Order', fields })
const count = (type: string): object => ({ name: 'count', type })
const withDefault = (name: string): object => ({ name, type: 'string', default: '' })
const required = (name: string): object => ({ name, type: 'string' })

function refusal(action: () => unknown): number {
  try {
    action()
  } catch (error) {
    if (error instanceof RegistryError) return error.code
    throw error
  }
  throw new Error('it was not refused')
}

describe('versions and ids', () => {
  test('one schema has one id under all subjects, and one version in each, however its text is spaced', () => {
    const subjects = new Subjects()
    const spaced = JSON.stringify(JSON.parse(order(count('int'))), null, 2)
    const [first, again, other] = [
      subjects.register('a', order(count('int'))),
      subjects.register('a', spaced),
      subjects.register('b', spaced),
    ]
    expect([first.id, again.id, other.id]).toEqual([1, 1, 1])
    expect([first.version, again.version, other.version]).toEqual([1, 1, 1])
    expect(subjects.usesOf(1).map(({ subject }) => subject)).toEqual(['a', 'b'])
  })

  test('a deleted version is hidden, keeps its id, and its number is not given again', () => {
    const subjects = new Subjects()
    subjects.register('a', order(count('int')))
    subjects.register('a', order(count('int'), withDefault('note')))
    expect(subjects.deleteVersion('a', 2, false)).toBe(2)
    expect(subjects.versions('a')).toEqual([1])
    expect(subjects.versions('a', true)).toEqual([1, 2])
    expect(subjects.schema(2)).toContain('note')
    expect(subjects.register('a', order(count('int'), withDefault('note')))).toMatchObject({ version: 3, id: 2 })
  })

  test('a subject is deleted in two steps: hidden first, then gone', () => {
    const subjects = new Subjects()
    subjects.register('a', order(count('int')))
    expect(refusal(() => subjects.deleteSubject('a', true))).toBe(40405)
    expect(subjects.deleteSubject('a', false)).toEqual([1])
    expect(subjects.subjects()).toEqual([])
    expect(subjects.subjects(true)).toEqual(['a'])
    expect(subjects.deleteSubject('a', true)).toEqual([1])
    expect(subjects.subjects(true)).toEqual([])
  })

  test('what is not there is said by its code', () => {
    const subjects = new Subjects()
    subjects.register('a', order(count('int')))
    expect(refusal(() => subjects.version('none', 'latest'))).toBe(40401)
    expect(refusal(() => subjects.version('a', 7))).toBe(40402)
    expect(refusal(() => subjects.schema(9))).toBe(40403)
    expect(refusal(() => subjects.find('a', order(count('long'))))).toBe(40403)
    expect(refusal(() => subjects.register('a', '{"type": "nothing"}'))).toBe(42201)
  })
})

describe('compatibility', () => {
  const base = order(count('int'), withDefault('a'))
  const wider = order(count('long'), withDefault('a'))
  const more = order(count('int'), withDefault('a'), required('b'))
  const fewer = order(count('int'))

  test.each<[CompatibilityLevel, string, boolean]>([
    ['NONE', more, true],
    ['BACKWARD', wider, true],
    ['BACKWARD', more, false],
    ['FORWARD', wider, false],
    ['FORWARD', more, true],
    ['FULL', wider, false],
    ['FULL', more, false],
    ['FULL', fewer, true],
  ])('%s judges a next version by who reads what', (level, next, isAllowed) => {
    const subjects = new Subjects()
    subjects.register('a', base)
    subjects.setLevel('a', level)
    expect(subjects.check('a', next, null).length === 0).toBe(isAllowed)
    if (isAllowed) expect(subjects.register('a', next).version).toBe(2)
    else expect(refusal(() => subjects.register('a', next))).toBe(409)
  })

  test('a transitive level looks at all versions, another one at the latest', () => {
    const subjects = new Subjects()
    subjects.setLevel(null, 'NONE')
    subjects.register('a', order(required('x')))
    subjects.register('a', order(count('int')))
    const next = order(count('int'), required('y'))
    subjects.setLevel('a', 'FORWARD')
    expect(subjects.check('a', next, null)).toEqual([])
    subjects.setLevel('a', 'FORWARD_TRANSITIVE')
    expect(subjects.check('a', next, null)).toEqual([expect.stringContaining('an earlier schema cannot read')])
  })

  test('a subject follows the level of all until it has its own, and again when that is taken away', () => {
    const subjects = new Subjects()
    expect(subjects.levelOf('a')).toBe('BACKWARD')
    subjects.setLevel('a', 'FULL')
    subjects.setLevel(null, 'NONE')
    expect([subjects.levelOf('a'), subjects.levelOf('b')]).toEqual(['FULL', 'NONE'])
    subjects.setLevel('a', null)
    expect(subjects.levelOf('a')).toBe('NONE')
  })
})

test('its changes, applied to a new one, make the same registry', () => {
  const changes: RegistryChange[] = []
  const subjects = new Subjects((change) => changes.push(change))
  subjects.register('a', order(count('int')))
  subjects.register('b', order(count('long')))
  subjects.register('a', order(count('int'), withDefault('note')))
  subjects.setLevel('b', 'FULL')
  subjects.deleteVersion('a', 1, false)
  const copy = new Subjects()
  for (const change of changes) copy.apply(JSON.parse(JSON.stringify(change)) as RegistryChange)
  expect(copy.subjects(true)).toEqual(subjects.subjects(true))
  expect(copy.versions('a', true)).toEqual([1, 2])
  expect(copy.version('a', 'latest')).toEqual(subjects.version('a', 'latest'))
  expect(copy.levelOf('b')).toBe('FULL')
})
