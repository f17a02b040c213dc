import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { BrokerError } from '../../core/errors.ts'
import type { TlsOptions } from '../start-options.ts'

export interface TcpListenerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly tls?: TlsOptions | undefined
  readonly onSocket: (socket: Socket) => void
}

/** Listens for clients. */
export class TcpListener {
  readonly #server: Server

  /** @throws BrokerError when the port is in use or may not be used */
  static async open({ host, port, tls, onSocket }: TcpListenerOptions): Promise<TcpListener> {
    const server = tls === undefined ? createServer({ noDelay: true }, onSocket) : createSecureServer(tls, onSocket)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, host, port)))
      server.listen(port, host, resolve)
    })
    return new TcpListener(server)
  }

  private constructor(server: Server) {
    this.#server = server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no more connections; those that there are have to be closed for it to be done. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

/** A client that does not get through the handshake is gone before it is one. */
function createSecureServer({ key, cert, clientCa }: TlsOptions, onSocket: (socket: Socket) => void): Server {
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  try {
    return createTlsServer({ key, cert, ...clients, noDelay: true }, onSocket)
  } catch (error) {
    const message = `the key or the certificate cannot be used: ${error instanceof Error ? error.message : String(error)}`
    throw new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false, cause: error })
  }
}

function listenError(error: Error, host: string, port: number): BrokerError {
  const code = 'code' in error ? error.code : undefined
  const message =
    code === 'EADDRINUSE'
      ? `port ${port} of ${host} is in use by another program; stop it, or give the broker another port (0: any free one)`
      : `cannot listen on ${host}:${port}: ${error.message}`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false, cause: error })
}
