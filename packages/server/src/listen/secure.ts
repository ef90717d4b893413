// TLS on a port: the certificate, and what the two sides agree to speak.

import type { Socket } from 'node:net'
import { createServer, type Server, TLSSocket } from 'node:tls'
import type { ServerTlsOptions } from './options.ts'

/** Makes connections secure. Throws what Node says of a certificate that is none. */
export function createSecurer(
  tls: ServerTlsOptions,
  secured: (socket: TLSSocket) => void,
): (raw: Socket) => void {
  const clientCertAuth = tls.clientCertAuth ?? false
  const server: Server = createServer({
    cert: asNodeTakes(tls.cert),
    key: asNodeTakes(tls.key),
    ca: tls.ca === undefined ? undefined : asNodeTakes(tls.ca),
    requestCert: clientCertAuth || tls.ca !== undefined,
    rejectUnauthorized: clientCertAuth,
    ALPNProtocols: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.2',
  })
  server.on('secureConnection', secured)
  // A handshake that fails ends its socket; there is nobody else to tell.
  server.on('tlsClientError', () => {})
  return (raw) => server.emit('connection', raw)
}

/** The common name in the certificate that a client has shown, if it is signed by whom it should be. */
export function commonNameOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const names: unknown = socket.getPeerCertificate().subject?.CN ?? ''
  // Several are a list; Go takes the last.
  return String(Array.isArray(names) ? names.at(-1) : names)
}

function asNodeTakes(pem: string | Uint8Array): string | Buffer {
  return typeof pem === 'string' ? pem : Buffer.from(pem)
}
