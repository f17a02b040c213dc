/*
 * One measurement in a process of its own: SYSTEM VERB WARM-UP JOB, both jobs as JSON; prints what was measured as JSON. The warm-up is
 * the same with fewer records, from connecting to closing, so that what is measured is code that the engine has compiled.
 */
import { Meter, type Job, type System } from './job.ts'

const systems: Readonly<Record<string, () => Promise<System>>> = {
  millrace: async () => (await import('./systems/millrace.ts')).millrace,
  kafkajs: async () => (await import('./systems/kafkajs.ts')).kafkaJs,
  platformatic: async () => (await import('./systems/platformatic.ts')).platformatic,
}

const [name, verb, ...jobs] = process.argv.slice(2)
const [warmUp, job] = jobs.map((text) => JSON.parse(text) as Job)
const system = await systems[name!]!()
await system[verb as keyof System](warmUp!, new Meter(warmUp!))
const meter = new Meter(job!)
await system[verb as keyof System](job!, meter)
// At once: a peer's connections and timers may keep a process alive.
process.stdout.write(`${JSON.stringify(meter.result)}\n`, () => process.exit(0))
