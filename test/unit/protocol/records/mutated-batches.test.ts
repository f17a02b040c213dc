/* A sample of it; test/endurance has the full number. */
import { batchFuzzSuite } from '../../../support/batch-fuzz-suite.ts'

batchFuzzSuite({ mutations: 4_000, seed: 20_260_101 })
