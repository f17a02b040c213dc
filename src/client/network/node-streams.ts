/* The one place of the client that opens sockets. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TlsConfig } from '../security-config.ts'
import type { OpenStream, StreamListener } from './byte-stream.ts'

export const openTcp: OpenStream = (host, port, listener) => {
  const socket = connect({ host, port, noDelay: true, keepAlive: true })
  return streamOf(socket, 'connect', listener)
}

/** Whom the broker's certificate must name: `servername`, or else the host that is connected to. */
export function openTls({ ca, ...tls }: TlsConfig): OpenStream {
  // Node takes a list that it may change.
  const authorities = ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }
  return (host, port, listener) => {
    const socket = connectTls({ ...tls, ...authorities, host, port })
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    return streamOf(socket, 'secureConnect', listener)
  }
}

function streamOf(
  socket: Socket,
  opened: 'connect' | 'secureConnect',
  listener: StreamListener,
): ReturnType<OpenStream> {
  let failure: Error | undefined
  let destroyed = false
  socket.once(opened, () => {
    if (!destroyed) listener.onOpen()
  })
  socket.on('data', (chunk: Buffer) => {
    if (!destroyed) listener.onBytes(chunk)
  })
  socket.on('error', (error) => (failure ??= error))
  // Half a connection is none: a broker that ends its side answers nothing any more.
  socket.once('end', () => socket.destroy())
  socket.once('close', () => {
    if (!destroyed) listener.onEnd(failure)
  })
  return {
    write: (pieces) => {
      socket.cork()
      for (const piece of pieces) socket.write(piece)
      socket.uncork()
    },
    destroy: () => {
      destroyed = true
      socket.destroy()
    },
  }
}
