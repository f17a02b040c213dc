/*
 * npm run conformance -- DIR...: one line for each case that fails or differs on purpose (docs/adr), then `N passed, N failed`. A case that
 * differs on purpose counts as passed when what comes out is what the list says.
 */
import { readCases } from './case.ts'
import { deliberateDifferenceOf } from './deliberate-differences.ts'
import { differenceOf } from './run-case.ts'

const folders = process.argv.slice(2)
if (folders.length === 0) {
  process.stderr.write(
    'usage: npm run conformance -- DIR...   (folders of cases as test/conformance/oracle/README.md describes them)\n',
  )
  process.exit(2)
}
let passed = 0
let failed = 0
for (const testCase of folders.flatMap((folder) => readCases(folder))) {
  const deliberate = deliberateDifferenceOf(testCase)
  const difference = await differenceOf(testCase, deliberate)
  if (deliberate !== undefined)
    process.stdout.write(`${testCase.name}: differs on purpose, docs/adr/${deliberate.adr}\n`)
  if (difference === null) passed += 1
  else {
    failed += 1
    process.stdout.write(`${testCase.name}: ${difference}\n`)
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
