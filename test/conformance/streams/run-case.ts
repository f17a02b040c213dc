import { isDeepStrictEqual } from 'node:util'
import { createTestDriver, type TestInputTopic, type TopologyTestDriver } from 'millrace/testing'
import { buildCase, keySerde, NotSupported, valueSerde, type BuiltCase, type StoreKind } from './build-case.ts'
import type { Case, CaseOutput, Outcome, StoreRow } from './case.ts'
import type { DeliberateDifference } from './deliberate-differences.ts'
import { keyText, type Json } from './functions.ts'

const serdes = { key: keySerde, value: valueSerde }

/** Runs a case and says how it differs from what the real library did; null when it does not. */
export async function differenceOf(
  testCase: Case,
  deliberate?: Pick<DeliberateDifference, 'outputs'>,
): Promise<string | null> {
  try {
    const actual = await run(testCase)
    if (deliberate === undefined) return compare(testCase.expected, actual)
    if (deliberate.outputs === 'more') return missingOutput(testCase.expected, actual, () => true)
    if (deliberate.outputs === 'more-tombstones')
      return missingOutput(testCase.expected, actual, ({ value }) => value === null)
    return compare({ outputs: deliberate.outputs ?? {} }, actual)
  } catch (error) {
    return error instanceof NotSupported
      ? `not supported yet: ${error.message}`
      : `failed: ${error instanceof Error ? error.stack : String(error)}`
  }
}

async function run(testCase: Case): Promise<Outcome> {
  let built: BuiltCase
  let driver: TopologyTestDriver
  try {
    built = buildCase(testCase)
    driver = await createTestDriver(built.topology)
  } catch (error) {
    if (error instanceof NotSupported) throw error
    return { outputs: {}, error: { phase: 'build', type: String(error) } }
  }
  const outputs: Record<string, CaseOutput[]> = Object.fromEntries([...built.sinks].map((topic) => [topic, []]))
  const readers = await Promise.all(
    [...built.sinks].map(async (topic) => [topic, await driver.outputTopic<string, Json>(topic, serdes)] as const),
  )
  const inputs = new Map<string, TestInputTopic<any, any>>()
  for (const [index, input] of testCase.inputs.entries()) {
    let failure: unknown
    try {
      if ('topic' in input) {
        if (!inputs.has(input.topic)) inputs.set(input.topic, await driver.inputTopic(input.topic, serdes))
        inputs.get(input.topic)!.pipe(input)
      } else {
        driver.advanceWallClockTime(input.advanceWallClock)
      }
    } catch (error) {
      failure = error
    }
    for (const [topic, reader] of readers) {
      outputs[topic]!.push(...reader.read().map(({ key, value, timestamp }) => ({ key, value, timestamp, in: index })))
    }
    if (failure !== undefined) return { outputs, error: { phase: 'run', in: index, type: String(failure) } }
  }
  return { outputs, stores: dumpStores(driver, built) }
}

function dumpStores(driver: TopologyTestDriver, built: BuiltCase): Record<string, readonly StoreRow[]> {
  return Object.fromEntries(
    [...built.stores].map(([name, kind]) => [
      name,
      dump(driver, name, kind).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    ]),
  )
}

function dump(driver: TopologyTestDriver, name: string, kind: StoreKind): StoreRow[] {
  if (kind === 'session')
    return [...driver.sessionStore<string, Json>(name)!.all()].map(([key, value]) => ({ key: keyText(key)!, value }))
  const store = kind === 'window' ? driver.windowStore<string, Json>(name)! : driver.keyValueStore<string, Json>(name)!
  return [...store.all()].map(([key, { value, timestamp }]) => ({
    key: keyText(key)!,
    value,
    ...(kind === 'plain' ? {} : { timestamp }),
  }))
}

/** The first expected output that did not come in its turn, with only what `mayCome` between; null when all is so. */
function missingOutput(expected: Outcome, actual: Outcome, mayCome: (output: CaseOutput) => boolean): string | null {
  for (const [topic, want] of Object.entries(expected.outputs)) {
    let at = 0
    for (const got of actual.outputs[topic] ?? []) {
      if (isDeepStrictEqual(want[at], got)) at += 1
      else if (!mayCome(got)) return `output of ${topic}: ${JSON.stringify(got)} came, and should not`
    }
    if (at < want.length)
      return `output of ${topic}: expected ${JSON.stringify(want[at])} in its turn, and it did not come`
  }
  return null
}

function compare(expected: Outcome, actual: Outcome): string | null {
  for (const [topic, want] of Object.entries(expected.outputs)) {
    const got = actual.outputs[topic] ?? []
    const length = Math.max(want.length, got.length)
    for (let at = 0; at < length; at++) {
      if (!isDeepStrictEqual(want[at], got[at]))
        return `output ${at} of ${topic}: expected ${JSON.stringify(want[at])}, got ${JSON.stringify(got[at])}${describeError(actual)}`
    }
  }
  if (expected.error?.phase !== actual.error?.phase || expected.error?.in !== actual.error?.in) {
    return `error: expected ${JSON.stringify(expected.error)}, got ${JSON.stringify(actual.error)}`
  }
  for (const [name, want] of Object.entries(expected.stores ?? {})) {
    const got = actual.stores?.[name]
    if (!isDeepStrictEqual(want, got))
      return `store ${name}: expected ${JSON.stringify(want)}, got ${JSON.stringify(got)}`
  }
  return null
}

function describeError(actual: Outcome): string {
  return actual.error === undefined ? '' : ` (${JSON.stringify(actual.error)})`
}
