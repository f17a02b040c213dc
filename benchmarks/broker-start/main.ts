/* How long startBroker() takes in the built package, after its import, beside a worker thread that does nothing. Needs `npm run build`. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { circumstances, median } from '../measure.ts'

const rounds = 10
const limitMs = 100
const built = join(import.meta.dirname, '../../dist/testing.js')

const starts = {
  'a worker thread that does nothing': `
    const { Worker } = await import('node:worker_threads')
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage('ready')", { eval: true, execArgv: [] })
    await new Promise((resolve) => worker.once('message', resolve))
    return () => worker.terminate()`,
  'startBroker() in this thread': `
    const broker = await startBroker({ inProcess: true, port: 0 })
    return () => broker.stop()`,
  'startBroker()': `
    const broker = await startBroker()
    return () => broker.stop()`,
} as const

/** In a process of its own, without what runs TypeScript here. */
function millisecondsOf(start: string): number {
  const program = `
    const { startBroker } = await import(${JSON.stringify(pathToFileURL(built).href)})
    const began = performance.now()
    const stop = await (async () => {${start}})()
    process.stdout.write(String(performance.now() - began))
    await stop()`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return Number(stdout)
}

if (!existsSync(built)) throw new Error('there is no dist: npm run build makes it')
const names = Object.keys(starts) as (keyof typeof starts)[]
const measured = names.map((): number[] => [])
for (let round = 0; round < rounds; round++)
  for (const [i, name] of names.entries()) measured[i]!.push(millisecondsOf(starts[name]))
const medians = Object.fromEntries(names.map((name, i) => [name, Math.round(median(measured[i]!))]))
process.stdout.write(`${JSON.stringify({ milliseconds: medians, rounds, limitMs, ...circumstances() })}\n`)
