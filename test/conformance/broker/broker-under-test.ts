/** A broker that has the suites' topics and groups beside others': nothing is asked of it before, nothing has to be left. */
export interface BrokerUnderTest {
  /** `host:port` */
  readonly bootstrap: string
  /** Its clients speak transactions of version 2 (KIP-890), which have other names for some refusals. */
  readonly transactionsV2: boolean
}

let made = 0

/** A name that no other test of this run uses. */
export function unique(what: string): string {
  return `${what}-${process.pid}-${Date.now()}-${++made}`
}
