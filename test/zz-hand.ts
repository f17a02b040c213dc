import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startApicurio } from './support/apicurio.ts'
import { startKafka } from 'millrace/testing'
const reg = await startApicurio(); const k = await startKafka()
const run = async (args: string[], env = {}, kill?: RegExp) => { const p = spawn(process.execPath, ['--import','tsx','--conditions=source',...args], { env: { ...process.env, ...env }, stdio: ['ignore','inherit','pipe'] }); p.stderr!.setEncoding('utf8').on('data', d => { process.stderr.write(d); if (kill?.test(d)) p.kill('SIGTERM') }); await once(p,'exit'); console.log('exit', p.exitCode, p.signalCode) }
const D='topologies/fraud-detection/'
await run([D+'main.ts'], { MILLRACE_BROKERS: k.bootstrap, MILLRACE_REGISTRY: reg.url })
await run([D+'replay.ts','--input','/tmp/fr/small.csv.gz','--output','/tmp/fr/reg.csv','--broker',k.bootstrap,'--registry',reg.url])
await run([D+'main.ts'], { MILLRACE_BROKERS: k.bootstrap, MILLRACE_REGISTRY: reg.url }, /is running/)
await run([D+'main.ts'], { MILLRACE_BROKERS: k.bootstrap })
await run([D+'main.ts'], { MILLRACE_BROKERS: '127.0.0.1:1', MILLRACE_REGISTRY: reg.url })
await k.stop(); await reg.stop()
