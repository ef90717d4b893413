// Which pages of other sites may call the server from a browser.

/** Every origin. */
const anyOrigin = '*'

const allowed = {
  'access-control-allow-headers': 'accept, content-type, authorization',
  'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
}

/** Origins that are allowed; every one where `*` is among them. */
export class Cors {
  readonly #origins: ReadonlySet<string>

  /** Throws `TypeError` on what is neither `*` nor an origin such as `https://a.example:8443`. */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins.map(parseOrigin))
  }

  /** The headers that tell a browser so, for a request from `origin`. Source: etcd `embed/serve.go`, addCORSHeader. */
  headers(origin: string | undefined): Readonly<Record<string, string>> {
    if (this.#origins.has(anyOrigin)) {
      return { ...allowed, 'access-control-allow-origin': anyOrigin }
    }
    if (origin === undefined || !this.#origins.has(origin)) return {}
    return { ...allowed, 'access-control-allow-origin': origin }
  }
}

/** As browsers write an origin, which is without the port that goes without saying; etcd's flag wants it with one. */
function parseOrigin(text: string): string {
  if (text === anyOrigin) return text
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin === 'null') throw new TypeError(`Cannot allow ${JSON.stringify(text)}: not an origin`)
  return origin
}
