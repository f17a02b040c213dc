import { BrokerError } from '../core/errors.ts'

export interface RegistryFailure {
  /** What was asked of which registry, for example `registering a schema under orders-value at http://...`. */
  readonly doing: string
  readonly problem: string
  readonly remedy: string
  readonly retriable: boolean
  readonly cause?: unknown
}

export function registryFailed({ doing, problem, remedy, retriable, cause }: RegistryFailure): BrokerError {
  return new BrokerError('MILLRACE_REGISTRY_FAILED', `${doing} failed: ${problem}; ${remedy}`, { retriable, cause })
}
