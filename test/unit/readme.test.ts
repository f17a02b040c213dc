import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describePlan, planTopology } from 'millrace'
import { expect, test } from 'vitest'
import bigSpenders from './readme/big-spenders.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** The code blocks of the README in one language. */
function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text!)
}

test.each(['big-spenders.ts', 'big-spenders.test.ts'])('the README shows %s as it is tested', (file) => {
  expect(blocks('ts')).toContain(readFileSync(join(import.meta.dirname, 'readme', file), 'utf8'))
})

test('the README shows the plan of its topology as it is', () => {
  const plan = describePlan(planTopology(bigSpenders, { applicationId: 'big-spenders' }))
  expect(blocks('text').map((text) => text.trimEnd())).toContain(plan.trimEnd())
})

test('every command that the README names is a script', () => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    scripts: object
  }
  const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => !['ci', 'i', 'install', ...Object.keys(scripts)].includes(name))).toEqual([])
})
