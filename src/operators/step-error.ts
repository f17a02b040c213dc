/**
 * What a fused operator throws when a function of one of its steps threw: the fused node has one name, its steps have
 * theirs. Internal: the runtime's boundary reports `stepName` as the node and `cause` as what happened, never this
 * error.
 */
export class StepError extends Error {
  readonly stepName: string

  constructor(stepName: string, cause: unknown) {
    super(`step ${stepName} failed`, { cause })
    this.name = 'StepError'
    this.stepName = stepName
  }
}
