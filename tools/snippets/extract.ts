// The TypeScript examples in Markdown files and in doc comments.

/** An example and where it stands. */
export interface Snippet {
  readonly file: string
  /** The line its code begins at, from 1. */
  readonly line: number
  readonly code: string
}

/** The `ts` blocks of a file; `// no-check` as their first line leaves them out. */
export function extractSnippets(file: string, text: string): Snippet[] {
  const source = file.endsWith('.md') ? text : docComments(text)
  const snippets: Snippet[] = []
  let begin: number | undefined
  let code: string[] = []
  source.split('\n').forEach((line, index) => {
    if (begin === undefined) {
      if (/^\s*```ts\s*$/.test(line)) {
        begin = index + 2
        code = []
      }
    } else if (/^\s*```\s*$/.test(line)) {
      if (!/^\/\/ no-check/.test(code[0] ?? ''))
        snippets.push({ file, line: begin, code: code.join('\n') })
      begin = undefined
    } else code.push(line)
  })
  return snippets
}

// The text of doc comments at its lines, all other lines empty.
function docComments(text: string): string {
  let inside = false
  return text
    .split('\n')
    .map((line) => {
      if (/^\s*\/\*\*/.test(line)) inside = true
      const kept = inside ? line.replace(/^\s*\/?\*+\/?\s?/, '') : ''
      if (/\*\//.test(line)) inside = false
      return kept
    })
    .join('\n')
}
