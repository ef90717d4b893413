// Where an etcd has its gateway: given, or found out from its version.

/** The path before every method's, such as `/v3`. Throws `TypeError` on what cannot be one. */
export function parseApiPrefix(prefix: string): string {
  const path = typeof prefix === 'string' ? prefix.replace(/^\/+|\/+$/g, '') : ''
  if (!/^[\w.~-]+(?:\/[\w.~-]+)*$/.test(path)) {
    throw new TypeError(`apiPrefix must be a path such as /v3, not ${JSON.stringify(prefix)}`)
  }
  return `/${path}`
}

/**
 * The prefix of an etcd of `version`: `/v3alpha` up to 3.2, `/v3beta` in 3.3, `/v3` since, and for what is no version.
 */
export function prefixOfVersion(version: unknown): string {
  const found = typeof version === 'string' ? /^3\.(\d+)(?:\.|$)/.exec(version) : null
  const minor = Number(found?.[1] ?? Number.POSITIVE_INFINITY)
  if (minor <= 2) return '/v3alpha'
  return minor === 3 ? '/v3beta' : '/v3'
}

/** Asks an etcd for its version; `undefined` if it does not tell. */
export type AskVersion = () => Promise<unknown>

/** The prefix in use: asked for once, however many calls wait for it. */
export class ApiPrefix {
  readonly #askVersion: AskVersion
  #pending: Promise<void> | undefined
  /** `undefined`: not known yet, `acquire` first. */
  current: string | undefined

  constructor(given: string | undefined, askVersion: AskVersion) {
    this.current = given === undefined ? undefined : parseApiPrefix(given)
    this.#askVersion = askVersion
  }

  /** Asks, or joins who is asking. Rejects with what kept the question from being answered. */
  acquire(): Promise<void> {
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #ask(): Promise<void> {
    this.current = prefixOfVersion(await this.#askVersion())
  }
}
