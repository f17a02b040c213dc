import { sleep } from '../../core/clock.ts'
import { ProtocolError } from '../../core/errors.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Frame } from '../../protocol/messages/frame.ts'
import type { ApiName, NewResponse } from '../../protocol/messages/messages.ts'
import { decodeRequest, readRequestHeader, type AnyRequest } from '../../protocol/messages/request.ts'
import { encodeResponse } from '../../protocol/messages/response.ts'
import type { BrokerState } from '../broker-state.ts'
import { failureChannel } from '../diagnostics.ts'
import { touchedPartitions } from '../faults/touched-partitions.ts'
import { unsupportedApiVersions } from '../handlers/api-versions.ts'
import type { Handler, RequestContext } from '../handlers/handler.ts'
import { isServed } from '../handlers/served-versions.ts'
import { errorResponse } from './error-response.ts'

export type Client = Pick<RequestContext, 'clientHost' | 'principal' | 'connectionId' | 'signal'>

/** Whether bytes are a request at all, and what the connection is then told. */
export type Understood =
  | { readonly request: AnyRequest; readonly answer?: undefined }
  | { readonly request?: undefined; readonly answer: Frame }

/** What happens to the connection: an answer goes out, or nothing does, or it ends, or it stays without a word. */
export type Reply = Frame | 'nothing' | 'close' | 'hang'

/**
 * Reads a request. A version of ApiVersions that is not served is answered, so that a client can ask again (KIP-511).
 *
 * @throws ProtocolError for all else that is no request or not served: as Kafka does, the connection is then closed
 */
export function understand(message: Buffer): Understood {
  const { api, apiKey, version, correlationId } = readRequestHeader(message)
  if (api === 'ApiVersions' && !isServed(api, version))
    return { answer: encodeResponse({ api, version: 0, correlationId }, unsupportedApiVersions()) }
  if (api === undefined || !isServed(api, version))
    throw new ProtocolError(`request ${api ?? apiKey} in version ${version} is not served`)
  return { request: decodeRequest(message) }
}

/** Answers a request, unless it was asked that this goes wrong. @throws ProtocolError when nobody handles it */
export async function dispatch(request: AnyRequest, client: Client, broker: BrokerState): Promise<Reply> {
  const { api, clientId } = request
  const handler = broker.handlers[api] as Handler<ApiName> | undefined
  if (handler === undefined) throw new ProtocolError(`request ${api} is not served`)
  const fault = broker.faults.next(api, clientId)
  if (fault?.delayMs !== undefined) await sleep(broker.clock, fault.delayMs, client.signal)
  if (fault?.lose === 'request') return 'close'
  const reply =
    fault?.error === undefined
      ? await handled(request, handler, { ...client, broker, apiVersion: request.version, clientId })
      : refusal(request, kafkaError[fault.error])
  if (fault?.lose === undefined) return reply
  return fault.lose === 'hang' ? 'hang' : 'close'
}

async function handled(request: AnyRequest, handler: Handler<ApiName>, context: RequestContext): Promise<Reply> {
  const { api, version, clientId } = request
  const { faults } = context.broker
  if (touchedPartitions(request).some(({ topic, partition }) => !faults.hasLeader(topic, partition)))
    return refusal(request, kafkaError.NOT_LEADER_OR_FOLLOWER)
  try {
    const answer = await handler(request.body as Parameters<Handler<ApiName>>[0], context)
    return answer === null ? 'nothing' : encoded(request, answer)
  } catch (error) {
    failureChannel.publish({ api, apiVersion: version, clientId, error })
    return refusal(request, kafkaError.UNKNOWN_SERVER_ERROR)
  }
}

function refusal(request: AnyRequest, errorCode: number): Frame {
  return encoded(request, errorResponse(request, errorCode))
}

function encoded({ api, version, correlationId }: AnyRequest, answer: NewResponse<ApiName>): Frame {
  return encodeResponse<ApiName>({ api, version, correlationId }, answer)
}
