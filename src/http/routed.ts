import { jsonResponse, type HttpHandler, type HttpRequest, type HttpResponse } from './http.ts'

/** The segments of the path that the pattern names with a colon, decoded. */
export type PathParameters = Readonly<Record<string, string>>

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** For example `/stores/:store/keys/:key`; a parameter is one segment, and may be empty. */
  readonly path: string
  answer(request: HttpRequest, parameters: PathParameters): HttpResponse | Promise<HttpResponse>
}

/**
 * Finds the route of a request; what it throws becomes an answer by `onError`. A path that no route has is a 404, one that has other
 * methods a 405. HEAD is GET, whose body the server leaves out.
 */
export function routed(routes: readonly HttpRoute[], onError: (error: unknown) => HttpResponse): HttpHandler {
  return async (request) => {
    const segments = decodedSegments(request.path)
    if (segments === undefined) return sentence(400, `the path ${request.path} is not percent-encoded right`)
    const matches = routes.flatMap((route) => {
      const parameters = match(route.path.split('/'), segments)
      return parameters === undefined ? [] : [{ route, parameters }]
    })
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const found = matches.find(({ route }) => route.method === method)
    if (found === undefined)
      return noRoute(
        request,
        routes,
        matches.map(({ route }) => route.method),
      )
    try {
      return await found.route.answer(request, found.parameters)
    } catch (error) {
      return onError(error)
    }
  }
}

function noRoute(request: HttpRequest, routes: readonly HttpRoute[], allowed: readonly string[]): HttpResponse {
  if (allowed.length > 0) {
    const allow = [...new Set(allowed)].join(', ')
    return sentence(405, `${request.path} takes ${allow}, not ${request.method}`, { allow })
  }
  const known = [...new Set(routes.map(({ path }) => path))].join(', ')
  return sentence(404, `there is nothing at ${request.path}; there is ${known}`)
}

function sentence(status: number, message: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return jsonResponse(status, { error: { message } }, headers)
}

function decodedSegments(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function match(pattern: readonly string[], segments: readonly string[]): PathParameters | undefined {
  if (pattern.length !== segments.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith(':')) parameters[part.slice(1)] = segments[index]!
    else if (part !== segments[index]) return undefined
  }
  return parameters
}
