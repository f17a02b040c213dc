import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** `npm run broker`, as a user starts it. */
export interface BrokerProcess {
  readonly bootstrap: string
  /** Ends it in order; gives its status. */
  stop(): Promise<number | null>
}

export async function startBrokerProcess(...args: string[]): Promise<BrokerProcess> {
  const child = spawn('npm', ['run', '--silent', 'broker', '--', '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  const bootstrap = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`npm run broker ended with status ${code}: ${text}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const address = /listens on (\S+:\d+)/.exec(text)?.[1]
      if (address !== undefined) resolve(address)
    })
  })
  const stop = async (): Promise<number | null> => {
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    const [code] = (await exit) as [number | null]
    return code
  }
  return { bootstrap, stop }
}
