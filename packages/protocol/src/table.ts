// What a message is made of, as data: for what is not hot enough to deserve generated code.

/** How a field's values look in TypeScript and on the wire; each names the method of `Reader` and `Writer`. */
export type FieldKind =
  | 'bytes'
  | 'string'
  | 'bool'
  | 'enum'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'int64Text'
  | 'uint64Text'
  | 'message'

/** A field of a message. */
export interface FieldTable {
  readonly number: number
  /** Its name in the `.proto` and in the gateway's answers, for example `range_end`, where that is another. */
  readonly name?: string
  /** Its name in TypeScript, for example `rangeEnd`. */
  readonly jsonName: string
  readonly kind: FieldKind
  readonly list?: true
  /** The oneof it is a member of. */
  readonly oneof?: string
  /** Of an enum: its numbers by name. */
  readonly values?: Readonly<Record<string, number>>
  /** Of a message: its fields; a function because messages may contain each other. */
  readonly message?: () => MessageTable
}

/** A field's name in the `.proto`. */
export function protoName({ name, jsonName }: FieldTable): string {
  return name ?? jsonName
}

/** A message. */
export interface MessageTable {
  readonly typeName: string
  readonly fields: readonly FieldTable[]
  /** A message with every field at its default. */
  create(): object
}

const fieldsByName = /* @__PURE__ */ new WeakMap<MessageTable, ReadonlyMap<string, FieldTable>>()

/** The fields of a message by either of their names. */
export function byName(table: MessageTable): ReadonlyMap<string, FieldTable> {
  const known = fieldsByName.get(table)
  if (known !== undefined) return known
  const made = new Map<string, FieldTable>()
  for (const field of table.fields) {
    made.set(protoName(field), field)
    made.set(field.jsonName, field)
  }
  fieldsByName.set(table, made)
  return made
}
