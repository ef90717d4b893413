// Enums: an object of numbers, and a type that lets unknown numbers pass, as proto3 does.

import { docLines } from './doc.ts'
import type { EnumModel } from './model.ts'

/** The code of an enum. */
export function enumLines({ name, typeName, comment, values }: EnumModel): string[] {
  return [
    ...docLines(comment),
    `export const ${name} = {`,
    ...values.flatMap((value) => [
      ...docLines(value.comment, '  '),
      `  ${value.name}: ${value.number},`,
    ]),
    '} as const',
    '',
    `/** A number of {@link ${name}} (\`${typeName}\`), or one that is not known here. */`,
    `export type ${name} = (typeof ${name})[keyof typeof ${name}] | (number & {})`,
    '',
  ]
}
