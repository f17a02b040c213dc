/* The one place of the client that opens sockets. */
import { connect, type Socket } from 'node:net'
import type { OpenStream, StreamListener } from './byte-stream.ts'

export const openTcp: OpenStream = (host, port, listener) => {
  const socket = connect({ host, port, noDelay: true, keepAlive: true })
  return streamOf(socket, 'connect', listener)
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
