// What a schema library must offer to be used here: https://standardschema.dev, version 1, as far as it is needed.

/** A schema of any library that follows Standard Schema (Zod, Valibot, ArkType, …). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
    ) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>
    /** Carries the types; never set. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a schema says of a value. */
export type StandardSchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] }

/** Something a schema has against a value. */
export interface StandardSchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What goes into a schema. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input']

/** What comes out of a schema. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

/** What `schema` makes of `value`. Throws `TypeError` with its issues if it refuses it. */
export function validate<O>(schema: StandardSchema<unknown, O>, value: unknown): O {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    // Nobody waits for it: what it may say must not become an unhandled rejection.
    result.catch(() => undefined)
    throw new TypeError('the schema validates asynchronously, which a codec cannot wait for')
  }
  if (result.issues !== undefined) {
    throw new TypeError(result.issues.map(describeIssue).join('; '), { cause: result.issues })
  }
  return result.value
}

function describeIssue({ message, path }: StandardSchemaIssue): string {
  if (path === undefined || path.length === 0) return message
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return `${keys.join('.')}: ${message}`
}
