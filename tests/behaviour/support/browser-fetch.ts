// `fetch` as a page of another site has it: what the server does not allow it to send or to read fails, without a word
// of why (the Fetch standard, "CORS protocol").

const simpleTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']
const simpleHeaders = new Set(['accept', 'accept-language', 'content-language'])

/** The `fetch` of a page at `origin`. */
export function browserFetch(origin: string): typeof fetch {
  return async (input, init = {}) => {
    const { method = 'GET' } = init
    const headers = new Headers(init.headers)
    const asked = [...headers.keys()].filter((name) => !isSimple(name, headers.get(name) ?? ''))
    if (asked.length > 0 || !['GET', 'HEAD', 'POST'].includes(method)) {
      await preflight(input, { origin, method, asked })
    }
    headers.set('origin', origin)
    // No connection of the runtime's is to outlive its test.
    headers.set('connection', 'close')
    const response = await fetch(input, { ...init, headers })
    assertAllowed(origin, response)
    return response
  }
}

interface Wish {
  readonly origin: string
  readonly method: string
  readonly asked: readonly string[]
}

async function preflight(input: string | URL | Request, wish: Wish): Promise<void> {
  const { origin, method, asked } = wish
  const response = await fetch(input, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': asked.join(','),
      connection: 'close',
    },
  })
  await response.arrayBuffer()
  assertAllowed(origin, response)
  const allowed = listIn(response, 'access-control-allow-headers')
  const methods = listIn(response, 'access-control-allow-methods')
  const isAllowed = asked.every((name) => allowed.includes(name))
  if (!response.ok || !isAllowed || !methods.includes(method.toLowerCase())) throw failed()
}

function assertAllowed(origin: string, { headers }: Response): void {
  const allowed = headers.get('access-control-allow-origin')
  if (allowed !== '*' && allowed !== origin) throw failed()
}

function isSimple(name: string, value: string): boolean {
  if (simpleHeaders.has(name)) return true
  return name === 'content-type' && simpleTypes.includes(value.split(';')[0] ?? '')
}

function listIn({ headers }: Response, name: string): string[] {
  const value = headers.get(name) ?? ''
  return value.split(',').map((each) => each.trim().toLowerCase())
}

function failed(): TypeError {
  return new TypeError('Failed to fetch')
}
