/* npm test: runs vitest projects one group after the other and ends with `N passed, N failed`, summed over all of them. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The part of vitest's JSON report that counts. */
interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

interface Count {
  readonly passed: number
  readonly failed: number
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

function runGroup(projects: readonly string[], folder: string): Count {
  const file = join(folder, `${projects.join('-')}.json`)
  const only = projects.flatMap((project) => ['--project', project])
  const reporters = ['--allowOnly=false', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const config = join(import.meta.dirname, 'vitest.config.ts')
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...only, ...reporters], {
    stdio: 'inherit',
  })
  if (!existsSync(file)) return { passed: 0, failed: 1 }
  return count(JSON.parse(readFileSync(file, 'utf8')) as Report, status === 0)
}

/** A skipped test counts as failed: what was not run is not known to work. So does a file that could not be loaded. */
function count(report: Report, exitedWell: boolean): Count {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const failed = numFailedTests + numPendingTests + numTodoTests + broken.length
  // An error outside any test (an unhandled rejection) fails the run without failing a test.
  const unexplained = failed === 0 && (!exitedWell || numPassedTests === 0) ? 1 : 0
  return { passed: numPassedTests, failed: failed + unexplained }
}

const groups = process.argv.slice(2).map((group) => group.split(','))
if (groups.length === 0) {
  process.stderr.write('usage: tsx test/run.ts PROJECT[,PROJECT...]...   (projects stand in test/vitest.config.ts)\n')
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'millrace-tests-'))
const counts = groups.map((projects) => runGroup(projects, folder))
rmSync(folder, { recursive: true })
const passed = counts.reduce((sum, group) => sum + group.passed, 0)
const failed = counts.reduce((sum, group) => sum + group.failed, 0)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
