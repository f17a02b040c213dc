/* SEED=N repeats a run or makes another. */
import { batchFuzzSuite } from '../support/batch-fuzz-suite.ts'
import { frontFuzzSuite } from '../support/front-fuzz-suite.ts'

const seed = Number(process.env['SEED'] ?? 1)

batchFuzzSuite({ mutations: 100_000, seed })
frontFuzzSuite({ requests: 100_000, seed })
