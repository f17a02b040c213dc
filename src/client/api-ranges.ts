import { BrokerError } from '../core/errors.ts'
import { messages, supportedVersions, type ApiName, type ResponseOf } from '../protocol/messages/messages.ts'

type VersionRange = readonly [min: number, max: number]

/** Which versions of each request one broker knows: its answer to ApiVersions. */
export class ApiRanges {
  readonly #broker: string
  readonly #ranges: ReadonlyMap<number, VersionRange>

  constructor(broker: string, apiKeys: ResponseOf<'ApiVersions'>['apiKeys']) {
    this.#broker = broker
    this.#ranges = new Map(apiKeys.map((range) => [range.apiKey, [range.minVersion, range.maxVersion]]))
  }

  /**
   * The newest version that both sides know, and not above `versionMax`.
   *
   * @throws BrokerError not retriable when there is none
   */
  versionOf(api: ApiName, versionMax: number = Infinity): number {
    const [oursMin, oursMax] = supportedVersions(api)
    const theirs = this.#ranges.get(messages[api].key)
    if (theirs === undefined) throw this.#mismatch('old', `it does not know ${api}, which Millrace needs`)
    const [theirMin, theirMax] = theirs
    const last = Math.min(oursMax, versionMax)
    if (theirMax < oursMin)
      throw this.#mismatch('old', `it knows ${api} up to version ${theirMax}, Millrace needs ${oursMin} or newer`)
    if (theirMin > last)
      throw this.#mismatch('new', `it knows ${api} from version ${theirMin} on, Millrace up to ${last}`)
    return Math.min(last, theirMax)
  }

  #mismatch(what: 'old' | 'new', why: string): BrokerError {
    const remedy = what === 'old' ? 'Upgrade Kafka' : 'Upgrade Millrace'
    const message = `the broker at ${this.#broker} is too ${what}: ${why}. ${remedy}`
    return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false })
  }
}
