// JSON from text, with what JSON.parse loses: integers of any size, and the names that are given twice.

import type { JsonValue } from '@etcdkit/protocol'
import { wrongRequest } from './request-error.ts'

/** Deeper nesting is refused: the stack has an end. */
const maxDepth = 1000

/** Reads one value. Integers that no number can carry come as `bigint`. Throws `StatusError` on what is no JSON. */
export function parseJson(text: string): JsonValue {
  const parser = new Parser(text)
  const value = parser.value(0)
  parser.end()
  return value
}

const blanks = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const words: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
])

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonValue {
    if (depth > maxDepth) throw wrongRequest(`JSON is nested deeper than ${maxDepth}`)
    switch (this.#peek()) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      default:
        return this.#scalar()
    }
  }

  end(): void {
    if (this.#peek() !== undefined) throw this.#unexpected()
  }

  #object(depth: number): JsonValue {
    // Without a prototype: any name is only a name.
    const object: Record<string, JsonValue> = Object.create(null)
    this.#at += 1
    if (this.#took('}')) return object
    do {
      if (this.#peek() !== '"') throw this.#unexpected()
      const name = this.#string()
      if (name in object) throw wrongRequest(`${JSON.stringify(name)} is given twice`)
      if (!this.#took(':')) throw this.#unexpected()
      object[name] = this.value(depth + 1)
    } while (this.#took(','))
    if (!this.#took('}')) throw this.#unexpected()
    return object
  }

  #array(depth: number): JsonValue {
    const items: JsonValue[] = []
    this.#at += 1
    if (this.#took(']')) return items
    do items.push(this.value(depth + 1))
    while (this.#took(','))
    if (!this.#took(']')) throw this.#unexpected()
    return items
  }

  #string(): string {
    const start = this.#at
    let end = this.#text.indexOf('"', start + 1)
    while (end !== -1 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1)
    if (end === -1) throw this.#unexpected()
    this.#at = end + 1
    const text = this.#text.slice(start, end + 1)
    try {
      // Escapes and what may not stand in a string are JSON.parse's to know. What it gives for a string is one.
      const string = JSON.parse(text) as string
      if (!/\p{Surrogate}/u.test(string)) return string
    } catch {
      // Said below, with the place.
    }
    this.#at = start
    throw this.#unexpected()
  }

  #isEscaped(place: number): boolean {
    let before = place - 1
    while (this.#text[before] === '\\') before -= 1
    return (place - before) % 2 === 0
  }

  #scalar(): JsonValue {
    number.lastIndex = this.#at
    const [digits, fraction, exponent] = number.exec(this.#text) ?? []
    if (digits === undefined) return this.#word()
    this.#at += digits.length
    const value = Number(digits)
    if (Number.isSafeInteger(value) || fraction !== undefined || exponent !== undefined)
      return value
    // `fromJson` takes it, as its documentation says; as a number it would be another one.
    return BigInt(digits) as unknown as JsonValue
  }

  #word(): JsonValue {
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    throw this.#unexpected()
  }

  #peek(): string | undefined {
    blanks.lastIndex = this.#at
    this.#at += blanks.exec(this.#text)?.[0].length ?? 0
    return this.#text[this.#at]
  }

  #took(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at += 1
    return true
  }

  #unexpected(): Error {
    const found = this.#text.slice(this.#at, this.#at + 1)
    const what = found === '' ? 'end' : JSON.stringify(found)
    return wrongRequest(`unexpected ${what} at character ${this.#at + 1} of the JSON`)
  }
}
