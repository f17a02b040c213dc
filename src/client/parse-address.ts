const portDefault = 9092

/** `host:port`; an IPv6 host stands in brackets. Kafka's port when none is given. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[(?<v6>.+)\]|(?<host>[^:]+))(?::(?<port>\d+))?$/.exec(address)
  const { v6, host = v6 ?? address, port } = match?.groups ?? {}
  return { host, port: port === undefined ? portDefault : Number(port) }
}
