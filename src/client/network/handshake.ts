import { kafkaError } from '../../protocol/kafka-error.ts'
import { messages, supportedVersions, type ApiName } from '../../protocol/messages/messages.ts'
import { ApiRanges } from '../api-ranges.ts'
import { checkAnswer } from '../broker-errors.ts'
import type { Connection } from './connection.ts'

/** Requests without which there is no client: the mismatch is told before anything else is tried. */
const needed: readonly ApiName[] = ['Metadata', 'FindCoordinator', 'ListOffsets', 'Fetch', 'Produce']

/**
 * Asks the broker what it knows. One that is older than the question answers in version 0 with the range that it knows of the
 * question itself, or with an empty list when it is very old (KIP-511).
 *
 * @throws BrokerError not retriable when the broker is too old or too new for Millrace, saying which
 */
export async function negotiate(connection: Connection, broker: string, timeoutMs: number): Promise<ApiRanges> {
  const [, newest] = supportedVersions('ApiVersions')
  let answer = await ask(connection, newest, timeoutMs)
  if (answer.errorCode === kafkaError.UNSUPPORTED_VERSION) {
    const theirs = answer.apiKeys.find(({ apiKey }) => apiKey === messages.ApiVersions.key)
    answer = await ask(connection, Math.min(newest, theirs?.maxVersion ?? 0), timeoutMs)
  }
  checkAnswer(answer.errorCode)
  const ranges = new ApiRanges(broker, answer.apiKeys)
  for (const api of needed) ranges.versionOf(api)
  return ranges
}

function ask(
  connection: Connection,
  version: number,
  timeoutMs: number,
): ReturnType<typeof connection.send<'ApiVersions'>> {
  const body = { clientSoftwareName: 'millrace', clientSoftwareVersion: 'unknown' }
  return connection.send({ api: 'ApiVersions', version, body, timeoutMs })
}
