/*
 * npm run conformance:fuzz -- [--seed S] [--cases N] [--families a,b] [--keep DIR]: new random cases, answered by the real Kafka Streams and
 * by us. One line for each case that differs, which is then shrunk and kept as a file in DIR; ends with `N passed, N failed`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generate, type Candidate } from './generate.ts'
import { judge } from './judge.ts'
import { openOracle, type Oracle } from './oracle.ts'
import { shrink, type StillDiffers } from './shrink.ts'

const cache = join(import.meta.dirname, '../../../.cache')
/** So many cases share one start of the JVM, and one wait for news. */
const batchSize = 250
/** Shrinking asks again and again, a minute or so for each case; finds beyond these are kept as they are. */
const shrunkMax = 10

interface Options {
  readonly seed: number
  readonly cases: number
  readonly families: readonly string[]
  readonly keep: string
}

function optionsOf(args: readonly string[]): Options {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args: [...args], options: { seed: text, cases: text, families: text, keep: text } })
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const seed = wholeNumber('--seed', values.seed ?? today)
  return {
    seed,
    cases: wholeNumber('--cases', values.cases ?? '100'),
    families: values.families?.split(',') ?? [],
    keep: values.keep ?? join(cache, 'fuzz', String(seed)),
  }
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new Error(`${option} ${JSON.stringify(text)} is not a whole number of at most ten digits.`)
}

async function fuzz(options: Options, scratch: string): Promise<{ passed: number; failed: number }> {
  const oracle = openOracle(cache, scratch)
  const candidates = generate({ ...options, scratch })
  const counts = { passed: 0, failed: 0 }
  for (let start = 0; start < candidates.length; start += batchSize) {
    const batch = candidates.slice(start, start + batchSize)
    for (const [index, verdict] of (await judge(batch, oracle)).entries()) {
      const candidate = batch[index]!
      if (verdict.kind === 'same') counts.passed += 1
      else if (verdict.kind === 'unusable') say(`${candidate.name}: not compared, ${verdict.reason}`)
      else {
        counts.failed += 1
        say(`${candidate.name}: ${verdict.difference}`)
        const shrunk = counts.failed <= shrunkMax
        keep(shrunk ? await shrink(candidate, sameDifference(verdict.difference, oracle)) : candidate, options)
      }
    }
  }
  if (counts.failed > 0) oracle.fill(options.keep)
  return counts
}

/** A smaller case must fail in the same way (an output, a store, an error): one that only breaks is no example of the first. */
function sameDifference(difference: string, oracle: Oracle): StillDiffers {
  const way = (text: string): string => text.split(/[ :]/)[0]!
  return async (candidates) =>
    (await judge(candidates, oracle)).map(
      (verdict) => verdict.kind === 'differs' && way(verdict.difference) === way(difference),
    )
}

function keep(candidate: Candidate, { keep: folder, seed }: Options): void {
  mkdirSync(folder, { recursive: true })
  const { name, family, ...rest } = candidate
  const about = `found by conformance:fuzz with seed ${seed}`
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ name, family, about, ...rest, expected: undefined }))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function main(args: readonly string[]): Promise<void> {
  const options = optionsOf(args)
  say(`seed ${options.seed}`)
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'))
  try {
    const { passed, failed } = await fuzz(options, scratch)
    if (failed > 0) say(`kept in ${options.keep}`)
    say(`${passed} passed, ${failed} failed`)
    process.exitCode = failed === 0 ? 0 : 1
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
})
