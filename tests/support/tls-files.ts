// The TLS material of one server, as text for clients in this process and as files for everybody else.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificates } from './certificates.ts'

/** What a server shows, and what a client needs to talk to it. PEM, or the paths of PEM files. */
export interface TlsMaterial<Form = string> {
  /** The authority that signed the server's and the client's certificates. */
  readonly ca: Form
  readonly cert: Form
  readonly key: Form
  readonly clientCert: Form
  readonly clientKey: Form
}

/** TLS material in both forms. */
export interface TlsFiles extends TlsMaterial {
  readonly paths: TlsMaterial
}

/** Writes this process's certificates into a folder. */
export async function writeTlsFiles(folder: string): Promise<TlsFiles> {
  const { authority, server, client } = await certificates()
  const material: TlsMaterial = {
    ca: authority.cert,
    cert: server.cert,
    key: server.key,
    clientCert: client.cert,
    clientKey: client.key,
  }
  const paths: TlsMaterial = {
    ca: join(folder, 'ca.pem'),
    cert: join(folder, 'server.pem'),
    key: join(folder, 'server-key.pem'),
    clientCert: join(folder, 'client.pem'),
    clientKey: join(folder, 'client-key.pem'),
  }
  for (const name of ['ca', 'cert', 'key', 'clientCert', 'clientKey'] as const) {
    await writeFile(paths[name], material[name], { mode: 0o600 })
  }
  return { ...material, paths }
}
