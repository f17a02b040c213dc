import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../../src/cli/program.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  const topology = new URL('../../../src/dsl/topology.ts', import.meta.url).href
  const string = new URL('../../../src/serde/string.ts', import.meta.url).href
  const head = `import { topology } from '${topology}'\nimport { string } from '${string}'\nconst text = { key: string(), value: string() }\n`
  write(
    'upper.ts',
    `${head}export default topology('upper', (b) => b.stream('in', text).mapValues((v) => v.toUpperCase()).to('out', text))`,
  )
  write('wrong.ts', `${head}export default topology('not a name', (b) => b.stream('in', text).to('out', text))`)
  write('other.ts', `export default 42`)
  write('throws.ts', `throw new Error('a mistake in the file')`)
})

afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' }
  const code = await runCli(args, { out: (more) => void (text.out += more), err: (more) => void (text.err += more) })
  return { code, ...text }
}

const file = (name: string): string => join(folder, name)

describe('describe', () => {
  test('prints the plan as text', async () => {
    const { code, out } = await cli('describe', file('upper.ts'))
    expect(code).toBe(0)
    expect(out).toContain('Sub-topology: 0')
    expect(out).toContain('topic: out')
  })

  test('prints JSON that parses, under the application id that was asked for', async () => {
    const { out } = await cli('describe', file('upper.ts'), '--format', 'json', '--application-id', 'mine')
    expect(JSON.parse(out)).toMatchObject({ topology: 'upper', applicationId: 'mine' })
  })

  test('prints a graph for Graphviz', async () => {
    expect((await cli('describe', file('upper.ts'), '-f', 'dot')).out).toMatch(/^digraph/)
  })

  test('knows no other format', async () => {
    const { code, err } = await cli('describe', file('upper.ts'), '-f', 'xml')
    expect(code).toBe(2)
    expect(err).toContain('text, json, dot')
  })
})

describe('mistakes end with code 2 and a message without a stack', () => {
  test.each([
    ['a file that is not there', 'nope.ts', 'there is no file'],
    ['a file that exports something else', 'other.ts', 'must export a topology as its default'],
    ['a topology with mistakes', 'wrong.ts', 'the topology cannot run as written'],
  ])('%s', async (_, name, message) => {
    const { code, err } = await cli('describe', file(name))
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(err).not.toMatch(/\n\s+at /)
  })

  test('a config that cannot be used', async () => {
    const { code, err } = await cli('run', file('upper.ts'), '--brokers', 'nowhere')
    expect(code).toBe(2)
    expect(err).toContain('brokers')
  })

  test('an unknown command, or none', async () => {
    expect((await cli('rnu', file('upper.ts'))).code).toBe(2)
    expect((await cli()).code).toBe(2)
  })
})

test('what the file throws ends with code 1, and --verbose shows where', async () => {
  const plain = await cli('describe', file('throws.ts'))
  expect(plain).toMatchObject({ code: 1, err: 'millrace: a mistake in the file\n' })
  const verbose = await cli('--verbose', 'describe', file('throws.ts'))
  expect(verbose.err).toContain('throws.ts')
})

test('help shows examples and exit codes, and is no failure', async () => {
  const { code, out } = await cli('--help')
  expect(code).toBe(0)
  expect(out).toContain('Examples:')
  expect((await cli('run', '--help')).out).toContain('--application-id')
})
