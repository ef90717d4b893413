// Doc comments in generated code.

/** `text` as a doc comment, each line after `indent`. */
export function docLines(text: string, indent = ''): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  if (lines.length === 1) return [`${indent}/** ${text} */`]
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`]
}

/** Goes before what other generated files import and users do not: the published declarations leave it out. */
export const internal = '/** @internal */'
