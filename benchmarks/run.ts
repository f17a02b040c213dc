/* npm run bench -- NAME: one folder a benchmark, its main.ts prints ratios against its peer and nothing else matters. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const names = readdirSync(import.meta.dirname).filter((name) => existsSync(join(import.meta.dirname, name, 'main.ts')))
const [name] = process.argv.slice(2)
if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- ${names.join('|')}\n`)
  process.exitCode = 2
} else {
  await import(join(import.meta.dirname, name, 'main.ts'))
}
