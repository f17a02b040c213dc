/* A sample of it; test/endurance has the full number. */
import { frontFuzzSuite } from '../../../support/front-fuzz-suite.ts'

frontFuzzSuite({ requests: 2_000, seed: 20_261_125 })
