/**
 * What Millrace needs of a Standard Schema, version 1 (standardschema.dev): zod, valibot, arktype and others implement
 * it, so `json(schema)` takes any of them and depends on none.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    /** Never there at run time; carries the types. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema makes of valid input: `OutputOf<typeof Card>`. */
export type OutputOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** `items[2].sku: is missing`, as one would write the path in code. */
export function describeIssue(issue: StandardIssue): string {
  const path = (issue.path ?? []).map((segment) => pathSegment(typeof segment === 'object' ? segment.key : segment))
  return `${path.join('').replace(/^\./, '') || 'the value itself'}: ${issue.message}`
}

function pathSegment(key: PropertyKey): string {
  return typeof key === 'number' ? `[${key}]` : `.${String(key)}`
}
