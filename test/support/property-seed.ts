/* Property tests draw the same cases in every run, so that a change is what makes one fail; other cases: PROPERTY_SEED=random, or a number. */
import fc from 'fast-check'

const wanted = process.env['PROPERTY_SEED'] ?? '20261125'
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) })
