// TLS as users give it, and what it cannot be. For every runtime: the options are declared where they cannot be used.

/** A certificate or key: PEM text, PEM or DER bytes, or the path of a file that holds them. */
export type PemSource = string | Uint8Array

/** How to trust the server, and how to be trusted by it. */
export interface TlsOptions {
  /** The authorities to trust, in place of Node's own. */
  readonly ca?: PemSource | readonly PemSource[] | undefined
  /** The certificate to present, with its chain. */
  readonly cert?: PemSource | undefined
  /** The certificate's private key. */
  readonly key?: PemSource | undefined
  /** What `key` is encrypted with. */
  readonly passphrase?: string | undefined
  /** The name to ask for (SNI) and to find in the server's certificate. Default: the endpoint's host. */
  readonly serverName?: string | undefined
  /** Whether the server's certificate must be valid. Default: `true`. */
  readonly rejectUnauthorized?: boolean | undefined
}

const known = new Set(['ca', 'cert', 'key', 'passphrase', 'serverName', 'rejectUnauthorized'])

/** Checks the options. Throws `TypeError` on what they cannot be, and on a certificate without its key. */
export function checkTls(tls: TlsOptions | undefined): void {
  if (tls === undefined) return
  if (typeof tls !== 'object' || tls === null) throw new TypeError('tls must be an object')
  for (const name of Object.keys(tls)) {
    if (!known.has(name)) throw new TypeError(`tls has no option ${JSON.stringify(name)}`)
  }
  for (const source of [tls.ca ?? [], tls.cert ?? [], tls.key ?? []].flat()) {
    if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
      throw new TypeError('tls: ca, cert and key must be PEM texts, bytes, or paths of files')
    }
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError('tls: cert and key must be given together')
  }
}
