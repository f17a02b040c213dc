/* The repository's own rules. What a tool already checks (sizes of functions, formatting, dead exports) is in `npm run check`. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { errorCodes } from 'millrace'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cruise, reachable, repository, type ModuleGraph } from '../support/module-graph.ts'

/** Files of the repository under a folder, by their path in it. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1))
    .toSorted()
}

const read = (file: string): string => readFileSync(join(repository, file), 'utf8')
const typescript = (file: string): boolean => file.endsWith('.ts')
const sources = filesOf('src').filter(typescript)
/** Copied together with the cases it computes, and not ours to tidy. */
const isOracle = (file: string): boolean => file.startsWith('test/conformance/oracle/')
const written = ['src', 'topologies', 'test', 'benchmarks', 'docs'].flatMap(filesOf).filter((file) => !isOracle(file))

describe('walls', () => {
  let graph: ModuleGraph
  beforeAll(() => {
    graph = cruise(repository, ['src', 'topologies', 'test', 'benchmarks'])
  })

  test('every source was seen, so that silence means something', () => {
    const seen = new Set(graph.modules.map(({ source }) => source))
    expect(sources.filter((file) => !seen.has(file))).toEqual([])
    expect(graph.modules.flatMap(({ dependencies }) => dependencies).length).toBeGreaterThan(sources.length)
  })

  test('no room imports what is not beside it in the table', () => {
    expect(graph.violations).toEqual([])
  })

  test('every source is reached from a door or from a test', () => {
    const doors = [
      'src/index.ts',
      'src/testing.ts',
      'src/cli/main.ts',
      'src/cli/kafka.ts',
      'src/broker/worker/broker-worker.ts',
    ]
    const tests = filesOf('test').filter((file) => /\.(test|test-d)\.ts$/.test(file))
    const reached = reachable(graph, [...doors, ...tests])
    expect(sources.filter((file) => !reached.has(file))).toEqual([])
  })
})

describe('planted violations are caught', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-walls-'))
  const planted: Readonly<Record<string, string>> = {
    'tsconfig.json': '{}',
    'node_modules/kafkajs/package.json': '{ "name": "kafkajs", "main": "index.js" }',
    'node_modules/kafkajs/index.js': '',
    'package.json': '{ "dependencies": { "kafkajs": "2.2.4" } }',
    'src/core/clock.ts': "import '../dsl/stream.ts'\n",
    'src/dsl/stream.ts': "import './table.ts'\n",
    'src/dsl/table.ts': "import './stream.ts'\n",
    'src/dsl/only-types.ts': "import type { B } from './other-types.ts'\nexport type A = B\n",
    'src/dsl/other-types.ts': "import type { A } from './only-types.ts'\nexport type B = A\n",
    'src/operators/fold.ts': "import '../planner/plan.ts'\n",
    'src/planner/plan.ts': "import 'node:net'\n",
    'src/runtime/task.ts': "import 'kafkajs'\nimport '../../test/rig.ts'\n",
    'src/shed/tool.ts': '',
    'src/index.ts': "import './shed/tool.ts'\n",
    'src/serde/lonely.ts': 'export const alone = 1\n',
    'test/rig.ts': '',
    'topologies/fraud/topology.ts': "import '../../src/dsl/stream.ts'\n",
  }
  let found: readonly string[]
  beforeAll(() => {
    for (const [file, text] of Object.entries(planted)) {
      mkdirSync(join(root, dirname(file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    found = cruise(root, ['src', 'topologies', 'test']).violations.map(
      ({ rule, from, to }) => `${rule}: ${from} -> ${to}`,
    )
  })
  afterAll(() => rmSync(root, { recursive: true }))

  test.each([
    'room-core: src/core/clock.ts -> src/dsl/stream.ts',
    'room-operators: src/operators/fold.ts -> src/planner/plan.ts',
    'sockets-have-few-owners: src/planner/plan.ts -> net',
    'only-kafkajs-imports-kafkajs: src/runtime/task.ts -> node_modules/kafkajs/index.js',
    'src-never-imports-tests: src/runtime/task.ts -> test/rig.ts',
    'every-folder-is-a-room: src/index.ts -> src/shed/tool.ts',
    'no-orphan: src/serde/lonely.ts -> src/serde/lonely.ts',
    'topologies-use-the-front-door: topologies/fraud/topology.ts -> src/dsl/stream.ts',
  ])('%s', (violation) => {
    expect(found).toContain(violation)
  })

  test('a cycle at run time, but not one of types', () => {
    const cycles = found.filter((violation) => violation.startsWith('no-cycle'))
    expect(cycles.filter((cycle) => cycle.includes('src/dsl/stream.ts'))).not.toEqual([])
    expect(cycles.filter((cycle) => cycle.includes('-types.ts'))).toEqual([])
  })
})

describe('files', () => {
  test('the top level holds what the README shows, and nothing else', () => {
    const known = [
      'src',
      'topologies',
      'test',
      'benchmarks',
      'docs',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
    ]
    const papers = ['README.md', 'LICENSE', 'CHANGELOG.md', 'knip.json']
    const ignored = ['node_modules', 'dist', 'coverage']
    const found = readdirSync(repository).filter((name) => !name.startsWith('.'))
    expect(found.filter((name) => ![...known, ...papers, ...ignored].includes(name))).toEqual([])
  })

  test('names are kebab-case and say what the file holds', () => {
    const vague = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'types', 'misc', 'shared'])
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.ts$/
    const wrong = written
      .filter(typescript)
      .filter((file) => !name.test(basename(file)) || vague.has(basename(file, '.ts')))
    expect(wrong).toEqual([])
  })

  test('what is unfinished stands in an issue, not in a file', () => {
    const words = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`)
    expect(written.filter((file) => /\.(ts|md)$/.test(file) && words.test(read(file)))).toEqual([])
  })

  test('sources are ASCII, with no tabs and no blanks at the end of a line', () => {
    expect(sources.filter((file) => /[^\n\x20-\x7e]|[ ]$/m.test(read(file)))).toEqual([])
  })

  test("no file names a path of somebody's machine", () => {
    const home = new RegExp(`/(${['home', 'root', 'Users'].join('|')})/[a-z]`)
    expect(written.filter((file) => /\.(ts|md)$/.test(file) && home.test(read(file)))).toEqual([])
  })
})

describe('ratchets', () => {
  /** Lines; a file that shrinks below the limit leaves the list. Only shorter is allowed. */
  const linesMax = 300
  const longer: Readonly<Record<string, readonly [number, string]>> = {
    'src/dsl/kstream.ts': [563, 'every verb of a stream, most of it public documentation with examples that run'],
  }

  test('no source grows beyond its limit', () => {
    const over = sources.filter((file) => lineCount(file) > (longer[file]?.[0] ?? linesMax))
    expect(over.map((file) => `${file}: ${lineCount(file)}`)).toEqual([])
  })

  test('every exception is still needed', () => {
    expect(Object.keys(longer).filter((file) => lineCount(file) <= linesMax)).toEqual([])
  })

  test('half of the sources are shorter than 80 lines', () => {
    const lengths = sources.map(lineCount).toSorted((a, b) => a - b)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(80)
  })

  test('a rule is switched off only with a reason, and in few places', () => {
    const disables = written.filter(typescript).flatMap((file) => read(file).match(/(ox|es)lint-disable.*$/gm) ?? [])
    expect(disables.filter((comment) => !comment.includes(' -- '))).toEqual([])
    expect(disables.length).toBeLessThanOrEqual(3)
  })

  function lineCount(file: string): number {
    return read(file).split('\n').length - 1
  }
})

describe('documents are in step', () => {
  test('every error code has a row in the reference of errors', () => {
    const reference = read('docs/reference/errors.md')
    expect(errorCodes.filter((code) => !reference.includes(`| \`${code}\` |`))).toEqual([])
    expect(
      [...reference.matchAll(/`(MILLRACE_[A-Z_]+)`/g)].filter(
        ([, code]) => !errorCodes.some((known) => known === code),
      ),
    ).toEqual([])
  })

  test('every room has a paragraph, and every paragraph a room', () => {
    const rooms = readdirSync(join(repository, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const described = [...read('docs/ARCHITECTURE.md').matchAll(/^### `([a-z]+)\/`/gm)].map(([, room]) => room!)
    expect(described.toSorted()).toEqual(rooms.map(({ name }) => name).toSorted())
  })

  test('links between documents lead somewhere', () => {
    const documents = ['README.md', ...written.filter((file) => file.endsWith('.md'))]
    const broken = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map(([, link]) => join(dirname(file), link!))
        .filter((target) => !exists(target))
        .map((target) => `${file}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  test('every decision has context, decision, cost, and how we would know it was wrong', () => {
    const headings = ['## Context', '## Decision', '## What it costs', '## How we would know it was wrong']
    const decisions = filesOf('docs/adr')
    expect(decisions.length).toBeGreaterThan(0)
    expect(decisions.filter((file) => headings.some((heading) => !read(file).includes(`\n${heading}\n`)))).toEqual([])
  })

  function exists(file: string): boolean {
    return readdirSync(join(repository, dirname(file))).includes(basename(file))
  }
})
