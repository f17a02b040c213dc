import { parseArgs } from 'node:util'
import { jobs, type Job } from '../peers/job.ts'
import { systems, type System } from '../peers/system.ts'

export interface PipelineArguments {
  readonly jobs: readonly Job[]
  readonly systems: readonly System[]
  readonly records: number
  readonly rounds: number
  readonly nodeArgs: readonly string[]
  readonly json: string | undefined
}

const usage = `usage: npm run bench -- pipeline [--job J1,J2] [--systems millrace,kafka-streams,kafkajs]
  [--records 1000000] [--rounds 5] [--json FILE] [--node-args "--cpu-prof ..."]`

/** @throws Error with the usage when an argument is unknown or makes no sense */
export function readArguments(args: readonly string[]): PipelineArguments {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { job: text, systems: text, records: text, rounds: text, json: text, 'node-args': text },
    })
    return {
      jobs: someOf(jobs, values.job),
      systems: someOf(systems, values.systems),
      records: positive('records', values.records ?? '1000000'),
      rounds: positive('rounds', values.rounds ?? '5'),
      nodeArgs: (values['node-args'] ?? '').split(' ').filter((arg) => arg !== ''),
      json: values.json,
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error })
  }
}

function someOf<T extends string>(all: readonly T[], list: string | undefined): readonly T[] {
  if (list === undefined) return all
  return list.split(',').map((name) => {
    const found = all.find((one) => one === name)
    if (found === undefined) throw new Error(`${name} is none of ${all.join(', ')}`)
    return found
  })
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} ${text} is not a whole number above 0`)
  return value
}
