/** What a request is refused with: the status of the answer, and the code and message in its body (Confluent's REST API). */
export class RegistryError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'RegistryError'
    this.code = code
  }

  /** 40401 is a 404; 409 is its own status. */
  get status(): number {
    return this.code < 1_000 ? this.code : Math.floor(this.code / 100)
  }
}

export const subjectNotFound = (subject: string): RegistryError =>
  new RegistryError(40401, `Subject '${subject}' not found.`)
export const versionNotFound = (version: string): RegistryError =>
  new RegistryError(40402, `Version ${version} not found.`)
export const schemaNotFound = (): RegistryError => new RegistryError(40403, 'Schema not found')
export const invalidSchema = (reason: string): RegistryError =>
  new RegistryError(42201, `The schema is not valid: ${reason}`)
export const invalidVersion = (version: string): RegistryError =>
  new RegistryError(42202, `'${version}' is not a version: it is a whole number above 0, or 'latest'`)
