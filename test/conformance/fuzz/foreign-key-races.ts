import type { CaseNode } from '../streams/case.ts'
import { differenceOf } from '../streams/run-case.ts'
import type { Candidate } from './generate.ts'
import type { Oracle } from './oracle.ts'
import { readableBy } from './shrink.ts'

/**
 * Whether a case differs because an inner foreign-key join of it took a stale answer for a tombstone (docs/adr/0009). What follows
 * the join may make anything of that, so the case is asked again up to the join: the first join to differ must have put
 * out all that Kafka Streams does, and nothing more than tombstones.
 */
export async function isForeignKeyRace(candidate: Candidate, oracle: Oracle): Promise<boolean> {
  const cuts = cutBehindJoins(candidate)
  if (cuts.length === 0) return false
  for (const answer of oracle.ask(cuts, 'all')) {
    if (answer === undefined || answer.expected.sensitive !== undefined) return false
    const difference = await differenceOf(answer)
    if (difference === null) continue
    return difference.startsWith('output ') && (await differenceOf(answer, { outputs: 'more-tombstones' })) === null
  }
  return false
}

function cutBehindJoins(candidate: Candidate): readonly Candidate[] {
  const { topology } = candidate
  return topology
    .filter(({ op, type }) => op === 'fkJoin' && type === 'inner')
    .map((join) => {
      const kept = new Set<CaseNode>([join, ...above(join, topology)])
      const end: readonly CaseNode[] = [
        { id: 'cut', op: 'toStream', from: [join.id] },
        { id: 'end', op: 'to', from: ['cut'], topic: 'end' },
      ]
      return readableBy([...topology.filter((node) => kept.has(node)), ...end], candidate)
    })
}

function above({ from = [] }: CaseNode, topology: readonly CaseNode[]): readonly CaseNode[] {
  const inputs = topology.filter(({ id }) => from.some((input) => input.split('.')[0] === id))
  return inputs.flatMap((input) => [input, ...above(input, topology)])
}
