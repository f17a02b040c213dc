import { TopologyError } from './errors.ts'

/** A span of time: milliseconds, or a number with a unit (`'250ms'`, `'5s'`, `'10m'`, `'1h'`, `'7d'`). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * The duration in whole milliseconds.
 *
 * @param what names the setting in the message, for example `grace of transactions.count`
 * @throws TopologyError `MILLRACE_TOPOLOGY_INVALID` when it is not a whole number of milliseconds that a number holds exactly
 */
export function durationMs(duration: Duration, what: string): number {
  const ms = typeof duration === 'number' ? duration : parse(duration)
  if (!Number.isSafeInteger(ms)) {
    throw new TopologyError([
      {
        path: what,
        problem: `${typeof duration === 'number' ? duration : JSON.stringify(duration)} is not a duration`,
        remedy: `give whole milliseconds or a text such as '5m'`,
      },
    ])
  }
  return ms
}

function parse(text: string): number {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  if (match === null) return Number.NaN
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}
