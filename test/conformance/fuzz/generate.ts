import { join } from 'node:path'
import { readCases, type Case } from '../streams/case.ts'
import { runTool } from './tool.ts'

/** A case of which nobody has said yet what comes out. */
export type Candidate = Omit<Case, 'expected'>

export interface GenerateOptions {
  readonly seed: number
  readonly cases: number
  /** All of them when empty. */
  readonly families: readonly string[]
  readonly scratch: string
}

const generator = join(import.meta.dirname, '../oracle/gen/gen.py')
/** The generator numbers its cases from the seed on: neighbours, such as the seeds of two days, must not share any. */
const seedsApart = 100_000
/** The generator wants a multiple of its own numbers for each family: the first that gives enough is taken. */
const multiples = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** Half of the cases flat, half deep (longer topologies), spread over the families as the generator weighs them. */
export function generate({ seed, cases, families, scratch }: GenerateOptions): readonly Candidate[] {
  const deepCount = Math.floor(cases / 2)
  const flat = spread(candidates(cases - deepCount, [], join(scratch, 'flat')), cases - deepCount)
  const deep = spread(candidates(deepCount, ['--deep'], join(scratch, 'deep')), deepCount)
  return [...flat, ...deep.map((candidate) => ({ ...candidate, name: `${candidate.name}-deep` }))]

  function candidates(atLeast: number, flags: readonly string[], folder: string): readonly Candidate[] {
    for (const multiple of multiples) {
      const into = join(folder, String(multiple))
      const { status, stderr } = runTool('python3', [
        generator,
        into,
        String(seed * seedsApart),
        String(multiple),
        ...flags,
        ...families,
      ])
      if (status !== 0) throw new Error(`The generator of cases failed: ${stderr.trim().split('\n').at(-1)}`)
      const made = readCases(into)
      if (made.length >= atLeast) return made
    }
    throw new Error(`The generator makes fewer than ${atLeast} cases of these families; ask for fewer.`)
  }
}

function spread<T>(all: readonly T[], count: number): readonly T[] {
  return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)]!)
}
