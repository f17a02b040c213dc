/** The user asked for the end: the reason of the signal that `runCommand` gives. */
class Stopped extends Error {
  readonly exitCode: number
  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`)
    this.name = 'Stopped'
    this.exitCode = signal === 'SIGINT' ? 130 : 143
  }
}

/** npm and the shell may pass on a signal that reached us already; what comes so soon is no second thought. */
const sameSignalMs = 1_000

/**
 * Runs a command as the whole work of a process. Its signal is aborted by Ctrl-C and SIGTERM; a second one ends the
 * process at once. Exit codes: 0 done, 1 failed, with a message on stderr, 130 and 143 stopped by SIGINT and SIGTERM.
 */
export async function runCommand(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  let stoppedAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    const stopped = new Stopped(signal)
    if (stoppedAt !== undefined && process.uptime() * 1_000 - stoppedAt > sameSignalMs) process.exit(stopped.exitCode)
    stoppedAt ??= process.uptime() * 1_000
    controller.abort(stopped)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    await work(controller.signal)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = error instanceof Stopped ? error.exitCode : 1
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
