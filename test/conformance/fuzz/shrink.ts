import type { CaseNode } from '../streams/case.ts'
import type { Candidate } from './generate.ts'

/** For each candidate, whether it still shows what the first one showed. All at once, since asking costs a JVM. */
export type StillDiffers = (candidates: readonly Candidate[]) => Promise<readonly boolean[]>

/** These have the kind of their input, so that who reads them can read their input instead. */
const bypassable = new Set([
  'filter',
  'filterNot',
  'mapValues',
  'map',
  'selectKey',
  'flatMapValues',
  'flatMap',
  'merge',
  'repartition',
  'process',
])

/**
 * Makes a case smaller as long as it keeps differing: drops nodes, then halves, quarters... single inputs. Every round asks once for all the
 * smaller cases it can think of, and goes on with the first that differs; after maxRounds it takes what it has.
 */
export async function shrink(candidate: Candidate, stillDiffers: StillDiffers, maxRounds = 40): Promise<Candidate> {
  let smallest = candidate
  let chunk = Math.ceil(candidate.inputs.length / 2)
  for (let round = 0; round < maxRounds; round++) {
    const smaller = [...withoutNodes(smallest), ...withoutInputs(smallest, chunk)]
    const found = (await stillDiffers(smaller)).indexOf(true)
    if (found !== -1) smallest = smaller[found]!
    else if (chunk > 1) chunk = Math.ceil(chunk / 2)
    else break
  }
  return smallest
}

function withoutInputs(candidate: Candidate, chunk: number): readonly Candidate[] {
  const { inputs } = candidate
  const starts = Array.from({ length: Math.ceil(inputs.length / chunk) }, (_, index) => index * chunk)
  // Later inputs first: what came after the difference goes in the first round.
  return starts.toReversed().map((start) => ({ ...candidate, inputs: inputs.toSpliced(start, chunk) }))
}

function withoutNodes(candidate: Candidate): readonly Candidate[] {
  const { topology } = candidate
  return topology
    .flatMap((node) => {
      const rest = topology.filter((other) => other !== node)
      if (!rest.some((other) => reads(other, node))) return [rest]
      return bypassable.has(node.op) ? node.from!.map((input) => bypass(rest, node, input)) : []
    })
    .map((nodes) => readableBy(nodes, candidate))
}

/** Branches of a split are read as `id.name`. */
function reads({ from = [] }: CaseNode, node: CaseNode): boolean {
  return from.some((input) => input.split('.')[0] === node.id)
}

function bypass(rest: readonly CaseNode[], node: CaseNode, input: string): readonly CaseNode[] {
  return rest.map((other) =>
    reads(other, node) ? { ...other, from: other.from!.map((id) => (id === node.id ? input : id)) } : other,
  )
}

/** An input for a topic that nobody reads any more would be an error in itself. */
export function readableBy(topology: readonly CaseNode[], candidate: Candidate): Candidate {
  const topics = new Set(topology.filter(({ op }) => op !== 'to').flatMap((node): unknown => node['topic'] ?? []))
  return {
    ...candidate,
    topology,
    inputs: candidate.inputs.filter((one) => !('topic' in one) || topics.has(one.topic)),
  }
}
