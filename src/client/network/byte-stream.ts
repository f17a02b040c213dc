/** A stream of bytes to a peer: a TCP or TLS connection, or what a test puts in its place. */
export interface ByteStream {
  /** In this order, as one piece where possible. Nothing is written before `onOpen`. */
  write(pieces: readonly Buffer[]): void
  /** Ends it at once; nothing is told any more. */
  destroy(): void
}

export interface StreamListener {
  /** It can be written to; with TLS, the peer is who it should be. */
  onOpen(): void
  onBytes(chunk: Buffer): void
  /** Once, at the end: also when it never opened. Without an error the peer closed it in order. */
  onEnd(error?: Error): void
}

/** The network, injected. */
export type OpenStream = (host: string, port: number, listener: StreamListener) => ByteStream
