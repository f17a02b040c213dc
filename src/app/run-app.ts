import type { MillraceApp } from './millrace-app.ts'

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const
type StopSignal = keyof typeof signalNumbers

/**
 * Runs an app as the whole work of a process: starts it, stops it on SIGTERM or SIGINT with everything committed, and resolves
 * when it has stopped. A second signal ends the process at once with exit code 128 + the signal's number; nothing is lost by that,
 * but records since the last commit are processed again.
 *
 * @throws what `start()` throws, and what stopped the app later
 * @example await runApp(createApp(topology, { brokers: 'localhost:9092' }))
 */
export async function runApp(app: MillraceApp): Promise<void> {
  let asked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(128 + signalNumbers[signal as StopSignal])
    asked = true
    app.stop().catch(() => {}) // `closed` rejects with the same error
  }
  for (const signal of Object.keys(signalNumbers)) process.on(signal, onSignal)
  try {
    await app.start()
    await app.closed
  } catch (error) {
    if (app.state !== 'stopped') throw error // else: asked to stop before it ran
  } finally {
    for (const signal of Object.keys(signalNumbers)) process.off(signal, onSignal)
  }
}
