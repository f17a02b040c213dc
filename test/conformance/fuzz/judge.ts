import { deliberateDifferenceOf, foreignKeyAdr } from '../streams/deliberate-differences.ts'
import { differenceOf } from '../streams/run-case.ts'
import { isForeignKeyRace } from './foreign-key-races.ts'
import type { Candidate } from './generate.ts'
import type { Answered, Oracle } from './oracle.ts'

const optimizationAdr = '0014-optimization-changes-no-result.md'

export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly difference: string }
  /** No case at all: the library's answer is an accident, or there is none, or it is known to differ. */
  | { readonly kind: 'unusable'; readonly reason: string }

/**
 * Holds candidates to the real library: one quick run for all, and the five runs of the oracle only for what differs.
 * Nothing is lost by it: whatever agrees with the quick run, which is one of the five, either agrees with all of them or
 * is sensitive and would be thrown away.
 */
export async function judge(candidates: readonly Candidate[], oracle: Oracle): Promise<readonly Verdict[]> {
  const verdicts = await compareAll(oracle.ask(candidates, 'memory'))
  const doubtful = candidates.map((_, index) => index).filter((index) => verdicts[index]!.kind === 'differs')
  if (doubtful.length === 0) return verdicts
  const asked = doubtful.map((index) => candidates[index]!)
  const confirmed = await compareAll(oracle.ask(asked, 'all'))
  const explained = await explainedByRaces(await explainedByOptimization(confirmed, asked, oracle), asked, oracle)
  return verdicts.map((verdict, index) => explained[doubtful.indexOf(index)] ?? verdict)
}

async function explainedByRaces(
  verdicts: readonly Verdict[],
  candidates: readonly Candidate[],
  oracle: Oracle,
): Promise<readonly Verdict[]> {
  const explained: Verdict[] = []
  for (const [index, verdict] of verdicts.entries()) {
    const isRace = verdict.kind === 'differs' && (await isForeignKeyRace(candidates[index]!, oracle))
    explained.push(isRace ? { kind: 'unusable', reason: `differs on purpose, docs/adr/${foreignKeyAdr}` } : verdict)
  }
  return explained
}

/**
 * An optimization may not change a result: where the library's does, ours must give what the library gives without it. (Our
 * results do not depend on the kind of store, so a case that does in the library is none.)
 */
async function explainedByOptimization(
  verdicts: readonly Verdict[],
  candidates: readonly Candidate[],
  oracle: Oracle,
): Promise<readonly Verdict[]> {
  const asked = candidates.filter(
    ({ config }, index) => config?.optimize === true && verdicts[index]!.kind === 'differs',
  )
  if (asked.length === 0) return verdicts
  const plain = oracle.ask(
    asked.map((one) => ({ ...one, config: { ...one.config, optimize: false } })),
    'all',
  )
  const without = await compareAll(plain.map((answer, index) => answer && { ...answer, config: asked[index]!.config! }))
  return verdicts.map((verdict, index) => {
    const at = asked.indexOf(candidates[index]!)
    return at === -1 ? verdict : explained(verdict, without[at]!)
  })
}

function explained(verdict: Verdict, without: Verdict): Verdict {
  if (without.kind === 'differs') return verdict
  return without.kind === 'same'
    ? { kind: 'unusable', reason: `differs on purpose, docs/adr/${optimizationAdr}` }
    : without
}

async function compareAll(answers: readonly (Answered | undefined)[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (const answer of answers) verdicts.push(await verdictOn(answer))
  return verdicts
}

async function verdictOn(answer: Answered | undefined): Promise<Verdict> {
  if (answer === undefined) return { kind: 'unusable', reason: 'the oracle failed' }
  const sensitive = answer.expected.sensitive
  if (sensitive !== undefined) return { kind: 'unusable', reason: `sensitive to ${sensitive.join(', ')}` }
  const deliberate = deliberateDifferenceOf(answer)
  if (deliberate !== undefined) return { kind: 'unusable', reason: `differs on purpose, docs/adr/${deliberate.adr}` }
  const difference = await differenceOf(answer)
  return difference === null ? { kind: 'same' } : { kind: 'differs', difference }
}
