import type { Change } from '../../src/core/change.ts'
import type { Windowed } from '../../src/core/windowed.ts'
import type { RecordingContext } from './recording-context.ts'

/** Results of a windowed operator as `key@start/end value timestamp`; `old->value` where an old value was sent. */
export function windowedResults(taken: ReturnType<RecordingContext['take']>): string[] {
  return taken.map(([windowedKey, update, timestamp]) => {
    const { key, window } = windowedKey as Windowed<string>
    const { oldValue, newValue } = update as Change<unknown>
    const old = oldValue === null ? '' : `${String(oldValue)}->`
    return `${key}@${window.start}/${window.end} ${old}${String(newValue)} ${timestamp}`
  })
}
