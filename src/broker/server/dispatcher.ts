import { ProtocolError } from '../../core/errors.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Frame } from '../../protocol/messages/frame.ts'
import type { ApiName } from '../../protocol/messages/messages.ts'
import { decodeRequest, readRequestHeader, type AnyRequest } from '../../protocol/messages/request.ts'
import { encodeResponse } from '../../protocol/messages/response.ts'
import type { BrokerState } from '../broker-state.ts'
import { failureChannel } from '../diagnostics.ts'
import { unsupportedApiVersions } from '../handlers/api-versions.ts'
import type { Handler, RequestContext } from '../handlers/handler.ts'
import { isServed } from '../handlers/served-versions.ts'
import { errorResponse } from './error-response.ts'

export type Client = Pick<RequestContext, 'clientHost' | 'principal' | 'connectionId' | 'signal'>

/** Whether bytes are a request at all, and what the connection is then told. */
export type Understood = { readonly request: AnyRequest; readonly answer?: undefined } | { readonly answer: Frame }

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

/** Answers a request. Null: nothing is to be sent. */
export async function dispatch(request: AnyRequest, client: Client, broker: BrokerState): Promise<Frame | null> {
  const { api, version, correlationId, clientId } = request
  const context: RequestContext = { ...client, broker, apiVersion: version, clientId }
  const target = { api, version, correlationId }
  try {
    const answer = await callHandler(request, context)
    return answer === null ? null : encodeResponse(target, answer)
  } catch (error) {
    failureChannel.publish({ api, apiVersion: version, clientId, error })
    return encodeResponse(target, errorResponse(request, kafkaError.UNKNOWN_SERVER_ERROR))
  }
}

function callHandler<A extends ApiName>(
  { api, body }: Pick<AnyRequest, 'api' | 'body'>,
  context: RequestContext,
): ReturnType<Handler<A>> {
  const handler = context.broker.handlers[api] as Handler<A> | undefined
  if (handler === undefined) throw new ProtocolError(`request ${api} is not served`)
  return handler(body as Parameters<Handler<A>>[0], context)
}
