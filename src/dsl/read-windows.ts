import type { Duration } from '../core/duration.ts'
import type { SessionWindows, Windows } from '../topology/windows.ts'
import { readDuration, type DslContext } from './dsl-context.ts'
import type { SessionWindowsOption, SlidingWindowsOption, TimeWindowsOption } from './windows.ts'

export type WindowsOption = TimeWindowsOption | SlidingWindowsOption | SessionWindowsOption

/** Windows with their durations in milliseconds. */
export function readWindows(dsl: DslContext, windows: WindowsOption): Windows {
  const ms = (duration: Duration, what: string): number =>
    readDuration(dsl, duration, `${what} of ${windows.kind} windows`)
  const graceMs = ms(windows.grace, 'grace')
  if (windows.kind === 'time') {
    const sizeMs = ms(windows.size, 'size')
    const advanceMs = windows.advance === windows.size ? sizeMs : ms(windows.advance, 'advance')
    return Object.freeze({ kind: 'time', sizeMs, advanceMs, graceMs })
  }
  if (windows.kind === 'sliding')
    return Object.freeze({ kind: 'sliding', differenceMs: ms(windows.difference, 'difference'), graceMs })
  return Object.freeze<SessionWindows>({ kind: 'session', gapMs: ms(windows.gap, 'gap'), graceMs })
}
