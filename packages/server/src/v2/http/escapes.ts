// Percent-encoding as Go's net/url reads and writes it. Text has a code unit for each byte.

/** An escape that is none. `message` is Go's. */
export class EscapeError extends Error {
  override readonly name = 'EscapeError'

  constructor(sequence: string) {
    super(`invalid URL escape ${quote(sequence)}`)
  }
}

/** Decodes a path, or a name or value of a query, where a plus is a space. Throws `EscapeError`. */
export function unescapeText(text: string, isQuery: boolean): string {
  const wrong = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (wrong !== null) throw new EscapeError(text.slice(wrong.index, wrong.index + 3))
  const spaced = isQuery ? text.replaceAll('+', ' ') : text
  return spaced.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Encodes a path. */
export function escapePath(path: string): string {
  return path.replace(
    /[^A-Za-z0-9\-_.~$&+,/:;=@]/g,
    (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** A text in quotes, as Go writes it. */
export function quote(text: string): string {
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replace(/[^ -~]/g, (unit) => `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `"${escaped}"`
}
