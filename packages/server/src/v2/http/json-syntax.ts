// Where a text stops being JSON, in the words of Go's `encoding/json`.

const ended = 'unexpected end of JSON input'

/** A fault, thrown to leave the recursion. */
class SyntaxFault extends Error {}

/** What is wrong with a text, if something is. */
export function syntaxErrorOf(text: string): string | undefined {
  try {
    const scanner = new Scanner(text)
    scanner.value('looking for beginning of value')
    scanner.end()
    return undefined
  } catch (error) {
    if (error instanceof SyntaxFault) return error.message
    throw error
  }
}

/** The first value of a text that may go on; `undefined` if there is none. */
export function firstValueOf(text: string): string | undefined {
  try {
    const scanner = new Scanner(text)
    scanner.value('looking for beginning of value')
    return text.slice(0, scanner.at)
  } catch (error) {
    if (error instanceof SyntaxFault) return undefined
    throw error
  }
}

/** Values nested deeper are refused, as Go refuses them. */
const maxDepth = 10_000

class Scanner {
  readonly #text: string
  at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  value(context: string): void {
    this.#space()
    const next = this.#text[this.at]
    if (next === '{') this.#object()
    else if (next === '[') this.#array()
    else if (next === '"') this.#string()
    else if (next === 't' || next === 'f' || next === 'n') this.#word(next)
    else if (next !== undefined && /[-\d]/.test(next)) this.#number()
    else this.#fail(context)
  }

  end(): void {
    this.#space()
    if (this.at < this.#text.length) this.#fail('after top-level value')
  }

  #object(): void {
    this.#enter()
    if (!this.#take('}')) {
      do this.#field()
      while (this.#goesOn('}', 'after object key:value pair'))
    }
    this.#depth -= 1
  }

  #field(): void {
    this.#space()
    if (this.#text[this.at] !== '"') this.#fail('looking for beginning of object key string')
    this.#string()
    if (!this.#take(':')) this.#fail('after object key')
    this.value('looking for beginning of value')
  }

  #array(): void {
    this.#enter()
    if (!this.#take(']')) {
      do this.value('looking for beginning of value')
      while (this.#goesOn(']', 'after array element'))
    }
    this.#depth -= 1
  }

  #goesOn(close: string, context: string): boolean {
    if (this.#take(close)) return false
    if (!this.#take(',')) this.#fail(context)
    return true
  }

  #enter(): void {
    this.at += 1
    this.#depth += 1
    if (this.#depth > maxDepth) throw new SyntaxFault('exceeded max depth')
  }

  #string(): void {
    for (this.at += 1; this.#text[this.at] !== '"'; this.at++) {
      const unit = this.#text[this.at] ?? ''
      if (unit < ' ') this.#fail('in string literal')
      if (unit === '\\') this.#escape()
    }
    this.at += 1
  }

  #escape(): void {
    this.at += 1
    const unit = this.#text[this.at] ?? ''
    if (!/["\\/bfnrtu]/.test(unit)) this.#fail('in string escape code')
    if (unit !== 'u') return
    for (let digits = 0; digits < 4; digits++) {
      this.at += 1
      if (!/[\da-fA-F]/.test(this.#text[this.at] ?? '')) {
        this.#fail('in \\u hexadecimal character escape')
      }
    }
  }

  #word(first: string): void {
    const word = first === 't' ? 'true' : first === 'f' ? 'false' : 'null'
    for (const expected of word) {
      if (this.#text[this.at] !== expected) {
        this.#fail(`in literal ${word} (expecting '${expected}')`)
      }
      this.at += 1
    }
  }

  #number(): void {
    if (this.#text[this.at] === '-') this.at += 1
    if (this.#text[this.at] === '0') this.at += 1
    else this.#digits('in numeric literal')
    if (this.#text[this.at] === '.') {
      this.at += 1
      this.#digits('after decimal point in numeric literal')
    }
    if (/[eE]/.test(this.#text[this.at] ?? '')) {
      this.at += 1
      if (/[-+]/.test(this.#text[this.at] ?? '')) this.at += 1
      this.#digits('in exponent of numeric literal')
    }
  }

  #digits(context: string): void {
    if (!/\d/.test(this.#text[this.at] ?? '')) this.#fail(context)
    while (/\d/.test(this.#text[this.at] ?? '')) this.at += 1
  }

  #take(unit: string): boolean {
    this.#space()
    if (this.#text[this.at] !== unit) return false
    this.at += 1
    return true
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.at] ?? '')) this.at += 1
  }

  #fail(context: string): never {
    const point = this.#text.codePointAt(this.at)
    if (point === undefined) throw new SyntaxFault(ended)
    throw new SyntaxFault(`invalid character ${quoteCharacter(point)} ${context}`)
  }
}

/** Go takes the text byte by byte. */
function quoteCharacter(point: number): string {
  const byte = Buffer.from(String.fromCodePoint(point))[0] ?? 0
  if (byte === 0x27) return "'\\''"
  if (byte === 0x22) return `'"'`
  const quoted = JSON.stringify(String.fromCharCode(byte)).slice(1, -1)
  return `'${quoted.replace(/^\\u00/, '\\x')}'`
}
