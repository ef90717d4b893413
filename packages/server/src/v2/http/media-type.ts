// The media type in a Content-Type header, as Go's `mime.ParseMediaType` reads it.

import { V2Error } from '../tree/error.ts'

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z{}]+"
const parameter = new RegExp(
  `^\\s*;\\s*(${token})\\s*=\\s*(?:${token}|"(?:[^"\\\\\\r\\n]|\\\\.)*")`,
)

/** The type in lower case, without parameters. Throws `V2Error` 210 in Go's words. */
export function mediaTypeOf(header: string): string {
  const semicolon = header.indexOf(';')
  const base = semicolon === -1 ? header : header.slice(0, semicolon)
  const type = base.trim().toLowerCase()
  const fault = faultOf(type) ?? parameterFaultOf(semicolon === -1 ? '' : header.slice(semicolon))
  if (fault !== undefined) throw new V2Error(210, `mime: ${fault}`)
  return type
}

function faultOf(type: string): string | undefined {
  const parts = new RegExp(`^(${token})?(/)?(${token})?(.*)$`, 's').exec(type)
  const [, first, slash, second, rest] = parts ?? []
  if (first === undefined) return 'no media type'
  if (slash === undefined) return rest === '' ? undefined : 'expected slash after first token'
  if (second === undefined) return 'expected token after slash'
  return rest === '' ? undefined : 'unexpected content after media subtype'
}

function parameterFaultOf(text: string): string | undefined {
  const names = new Set<string>()
  let rest = text
  while (rest.trim() !== '' && rest.trim() !== ';') {
    const found = parameter.exec(rest)
    const name = found?.[1]?.toLowerCase()
    if (found === null || name === undefined) return 'invalid media parameter'
    if (names.has(name)) return 'duplicate parameter name'
    names.add(name)
    rest = rest.slice(found[0].length)
  }
  return undefined
}
