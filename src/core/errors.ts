/**
 * Errors come in families by what happens next (docs/reference/errors.md). Every error has a stable `code`, keeps what caused
 * it as `cause`, and carries the facts that locate it as fields.
 */
export const errorCodes = [
  'MILLRACE_TOPOLOGY_INVALID',
  'MILLRACE_CONFIG_INVALID',
  'MILLRACE_DECODE_FAILED',
  'MILLRACE_ENCODE_FAILED',
  'MILLRACE_PROCESSING_FAILED',
  'MILLRACE_PRODUCTION_FAILED',
  'MILLRACE_KEY_PARKED',
  'MILLRACE_BROKER_UNREACHABLE',
  'MILLRACE_BROKER_FAILED',
  'MILLRACE_AUTHENTICATION_FAILED',
  'MILLRACE_PROTOCOL_INVALID',
  'MILLRACE_TOPIC_MISSING',
  'MILLRACE_PARTITIONS_MISMATCH',
  'MILLRACE_SOURCE_NOT_KEPT',
  'MILLRACE_TOPOLOGY_INCOMPATIBLE',
  'MILLRACE_OFFSET_OUT_OF_RANGE',
  'MILLRACE_LOG_TRUNCATED',
  'MILLRACE_RECORDS_CORRUPT',
  'MILLRACE_REGISTRY_FAILED',
  'MILLRACE_INSTANCE_FENCED',
  'MILLRACE_TASK_MIGRATED',
  'MILLRACE_TASK_CORRUPTED',
  'MILLRACE_STATE_FAILED',
  'MILLRACE_BUFFER_FULL',
  'MILLRACE_STORE_UNKNOWN',
  'MILLRACE_STORE_KIND',
  'MILLRACE_STORE_NOT_READY',
  'MILLRACE_STORE_ELSEWHERE',
  'MILLRACE_QUERY_INVALID',
  'MILLRACE_QUERY_FAILED',
  'MILLRACE_APP_STATE',
  'MILLRACE_INVARIANT',
] as const

/** The stable names of errors, for programs; docs/reference/errors.md has a line for each. */
export type ErrorCode = (typeof errorCodes)[number]

/** Where it happened, as far as that is known. */
export interface ErrorFacts {
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly offset?: number | undefined
  readonly nodeName?: string | undefined
  readonly taskId?: string | undefined
  readonly cause?: unknown
}

const brand = Symbol.for('millrace.error')

/** The base of every error that Millrace throws. `instanceof` holds across two copies of the package. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly offset: number | undefined
  readonly nodeName: string | undefined
  readonly taskId: string | undefined

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = new.target.name
    this.code = code
    this.topic = facts.topic
    this.partition = facts.partition
    this.offset = facts.offset
    this.nodeName = facts.nodeName
    this.taskId = facts.taskId
    Object.defineProperty(this, brand, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== MillraceError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && brand in value
  }
}

/** One mistake in a topology or a config: where, what, and what to do about it. */
export interface Problem {
  readonly path: string
  readonly problem: string
  readonly remedy: string
}

function listProblems(title: string, problems: readonly Problem[]): string {
  return `${title}\n${problems.map((p) => `  - ${p.path}: ${p.problem}; ${p.remedy}`).join('\n')}`
}

/** The topology cannot be built or run as written. Fix the code: `problems` lists every mistake found. */
export class TopologyError extends MillraceError {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[], code: ErrorCode = 'MILLRACE_TOPOLOGY_INVALID') {
    super(code, listProblems('the topology cannot run as written:', problems))
    this.problems = problems
  }
}

/** The config has unknown keys, values out of range, or pairs that contradict. Fix it: `problems` lists them all. */
export class ConfigError extends MillraceError {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super('MILLRACE_CONFIG_INVALID', listProblems('the config cannot be used:', problems))
    this.problems = problems
  }
}

/** Bytes could not be turned into a value, or a value into bytes. Your handler decides. */
export class SerializationError extends MillraceError {
  constructor(direction: 'decode' | 'encode', message: string, facts: ErrorFacts = {}) {
    super(direction === 'decode' ? 'MILLRACE_DECODE_FAILED' : 'MILLRACE_ENCODE_FAILED', message, facts)
  }
}

/** A function of the topology threw while it processed a record. Your handler decides. */
export class ProcessingError extends MillraceError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('MILLRACE_PROCESSING_FAILED', message, facts)
  }
}

/** A record could not be written to its topic. Your handler decides. */
export class ProductionError extends MillraceError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('MILLRACE_PRODUCTION_FAILED', message, facts)
  }
}

/** The broker or the way to it failed. Retried with back-off while `retriable`; surfaced when retries are used up. */
export class BrokerError extends MillraceError {
  readonly retriable: boolean
  constructor(code: ErrorCode, message: string, facts: ErrorFacts & { readonly retriable: boolean }) {
    super(code, message, facts)
    this.retriable = facts.retriable
  }
}

/** Bytes that are not what Kafka's protocol allows, or a message that the version at hand cannot say. */
export class ProtocolError extends MillraceError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('MILLRACE_PROTOCOL_INVALID', message, facts)
  }
}

/** Another member of the group owns the task now. The runtime drops the task and rejoins. */
export class TaskMigratedError extends MillraceError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('MILLRACE_TASK_MIGRATED', message, facts)
  }
}

/** The state of a task does not agree with its changelog. The runtime wipes and restores it. */
export class TaskCorruptedError extends MillraceError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super('MILLRACE_TASK_CORRUPTED', message, facts)
  }
}

/** A state store failed or is full beyond its limit. The task stops. */
export class StateError extends MillraceError {
  constructor(message: string, facts: ErrorFacts & { readonly code?: ErrorCode } = {}) {
    super(facts.code ?? 'MILLRACE_STATE_FAILED', message, facts)
  }
}

/** A store could not be read from outside (KIP-216). While `retriable` it may be readable in a moment, or at `address`. */
export class QueryError extends MillraceError {
  readonly store: string
  /** `host:port` of the instance that has what was asked for, when that is another one and known. */
  readonly address: string | undefined
  readonly retriable: boolean
  constructor(code: ErrorCode, message: string, facts: ErrorFacts & QueryFacts) {
    super(code, message, facts)
    this.store = facts.store
    this.address = facts.address
    this.retriable = facts.retriable ?? false
  }
}

/** What a `QueryError` knows beside the facts of every error. */
export interface QueryFacts {
  readonly store: string
  readonly address?: string | undefined
  readonly retriable?: boolean
}

/** Something that must always hold does not: a bug in Millrace. The app stops and keeps the evidence. */
export class InvariantError extends MillraceError {
  constructor(message: string) {
    super('MILLRACE_INVARIANT', `invariant broken: ${message}. This is a bug in Millrace; please report it.`)
  }
}
