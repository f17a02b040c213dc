const statusEverySeconds = 5

/** Lines that stay, and one status line under them that changes. */
export interface Screen {
  line(text: string): void
  status(text: string): void
}

/** On a terminal the status stays on the last line; elsewhere it is a line like others, every few seconds. */
export function createScreen(output: NodeJS.WriteStream): Screen {
  return output.isTTY ? terminalScreen(output) : plainScreen(output)
}

function terminalScreen(output: NodeJS.WriteStream): Screen {
  const clearLine = '\r\x1b[K'
  let shown = ''
  return {
    line: (text) => void output.write(`${clearLine}${text}\n${shown}`),
    status(text) {
      // A line that wraps could not be cleared again.
      shown = text.slice(0, output.columns - 1)
      output.write(clearLine + shown)
    },
  }
}

function plainScreen(output: NodeJS.WriteStream): Screen {
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    line: (text) => void output.write(`${text}\n`),
    status(text) {
      if (process.uptime() - shownAt < statusEverySeconds) return
      shownAt = process.uptime()
      output.write(`${text}\n`)
    },
  }
}
