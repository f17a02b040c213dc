import type { ApiName, NewResponse } from '../../protocol/messages/messages.ts'
import { messages } from '../../protocol/messages/messages.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { BrokerState } from '../broker-state.ts'
import type { Handler } from './handler.ts'
import { advertisedVersions } from './served-versions.ts'

/** What the front answers by itself. */
const ownApis = ['SaslHandshake', 'SaslAuthenticate'] as const

/** No finalized features: Java then takes the transactions and groups that this broker has. */
export const apiVersions: Handler<'ApiVersions'> = (_request, { broker }) => ({
  errorCode: kafkaError.NONE,
  apiKeys: servedApis(broker).map(keyAndVersions),
})

/** The answer to a version that is not served; in version 0 (KIP-511). */
export function unsupportedApiVersions(): NewResponse<'ApiVersions'> {
  return { errorCode: kafkaError.UNSUPPORTED_VERSION, apiKeys: [keyAndVersions('ApiVersions')] }
}

function servedApis({ handlers }: BrokerState): readonly ApiName[] {
  return [...(Object.keys(handlers) as ApiName[]), ...ownApis].toSorted((a, b) => messages[a].key - messages[b].key)
}

function keyAndVersions(api: ApiName): NewResponse<'ApiVersions'>['apiKeys'][number] {
  const [minVersion, maxVersion] = advertisedVersions(api)
  return { apiKey: messages[api].key, minVersion, maxVersion }
}
