// TLS options as Node takes them: PEM text and bytes as they are, files read.

import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { PemSource, TlsOptions } from './tls-options.ts'

export { checkTls, type PemSource, type TlsOptions } from './tls-options.ts'

/** Node's options for `tls`. Reads the files it names, so that renewed certificates are used by the next connection. */
export function connectionOptions(tls: TlsOptions): ConnectionOptions {
  const options: ConnectionOptions = {}
  if (tls.ca !== undefined) options.ca = [tls.ca].flat().map(readPem)
  if (tls.cert !== undefined) options.cert = readPem(tls.cert)
  if (tls.key !== undefined) options.key = readPem(tls.key)
  if (tls.passphrase !== undefined) options.passphrase = tls.passphrase
  if (tls.serverName !== undefined) options.servername = tls.serverName
  if (tls.rejectUnauthorized !== undefined) options.rejectUnauthorized = tls.rejectUnauthorized
  return options
}

function readPem(source: PemSource): string | Buffer {
  if (typeof source !== 'string') return Buffer.from(source)
  return source.includes('-----BEGIN') ? source : readFileSync(source)
}
