/* npm test: runs vitest projects one group after the other and ends with `N passed, N failed`, summed over all of them. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** The part of vitest's JSON report that counts. */
interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[] | null
    }[]
  }[]
}

interface Outcome {
  readonly passed: number
  /** A line each. */
  readonly failures: readonly string[]
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

function runGroup(projects: readonly string[], folder: string): Outcome {
  const name = projects.join(', ')
  const file = join(folder, `${projects.join('-')}.json`)
  const only = projects.flatMap((project) => ['--project', project])
  const reporters = ['--allowOnly=false', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const config = join(import.meta.dirname, 'vitest.config.ts')
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...only, ...reporters], {
    stdio: 'inherit',
  })
  if (!existsSync(file)) return { passed: 0, failures: [`${name}: the run ended without a report`] }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  const passed = report.numPassedTests
  const failures = failuresIn(report)
  // An error outside any test (an unhandled rejection) fails the run without failing a test.
  if (failures.length === 0 && (status !== 0 || passed === 0))
    return { passed, failures: [`${name}: an error outside of any test, or no test at all`] }
  return { passed, failures }
}

/** A skipped test counts as failed: what was not run is not known to work. So does a file that could not be loaded. */
function failuresIn({ testResults }: Report): readonly string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name)
    if (status === 'failed' && assertionResults.length === 0) return [`${file}: ${firstLine(message)}`]
    return assertionResults
      .filter((test) => test.status !== 'passed')
      .map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages?.[0] ?? test.status)}`)
  })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}

const groups = process.argv.slice(2).map((group) => group.split(','))
if (groups.length === 0) {
  process.stderr.write('usage: tsx test/run.ts PROJECT[,PROJECT...]...   (projects stand in test/vitest.config.ts)\n')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'millrace-tests-'))
const outcomes = groups.map((projects) => runGroup(projects, folder))
rmSync(folder, { recursive: true })
const passed = outcomes.reduce((sum, group) => sum + group.passed, 0)
const failures = outcomes.flatMap((group) => group.failures)
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`)
process.stdout.write(`${passed} passed, ${failures.length} failed\n`)
process.exitCode = failures.length === 0 ? 0 : 1
