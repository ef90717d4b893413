// Starts nginx as a gRPC proxy in front of etcd: the HTTP/2 peer that clients meet most often when it is not etcd.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GuardedProcess } from './guarded-process.ts'
import { isListening } from './listening.ts'
import { findNginx, missingNginxReason } from './nginx-binary.ts'
import { PollAbort, pollUntil } from './poll.ts'
import { reservePorts } from './ports.ts'
import { createTempFolder } from './temp-folder.ts'
import { type TlsFiles, writeTlsFiles } from './tls-files.ts'

/** The proxy to start. */
export interface NginxOptions {
  /** The etcd behind it: `http://` or `https://` URLs, all of one kind. */
  readonly upstreams: readonly string[]
  /** How clients reach it: HTTP/2 without TLS, or over TLS. Default: `h2c`. */
  readonly listen?: 'h2c' | 'tls'
  /**
   * Directives of the `server` block, such as `{ keepalive_requests: '10' }` (GOAWAY after ten calls) or
   * `{ grpc_read_timeout: '1s' }`. They win over the ones made here.
   */
  readonly directives?: Readonly<Record<string, string>>
}

/** A running proxy. Disposing kills it and removes its files. */
export interface RunningNginx extends AsyncDisposable {
  /** The URL for clients. */
  readonly endpoint: string
  /** Where the proxy listens with TLS: what it shows, and what clients need. */
  readonly tls: TlsFiles | undefined
  /** The end of its error log. */
  readonly log: string
}

const startDeadlineMs = 60_000
const maxStarts = 5

/**
 * Starts the proxy and resolves when it listens. Throws when there is no nginx.
 *
 * @example
 * ```ts
 * await using proxy = await startNginx({ upstreams: etcd.endpoints, listen: 'tls' })
 * ```
 */
export async function startNginx(options: NginxOptions): Promise<RunningNginx> {
  for (let starts = 1; ; starts++) {
    try {
      return await startOnce(options)
    } catch (error) {
      const taken = error instanceof PollAbort && error.message.includes('Address already in use')
      if (!taken || starts === maxStarts) throw error
    }
  }
}

async function startOnce(options: NginxOptions): Promise<RunningNginx> {
  const binary = findNginx()
  if (!binary) throw new Error(`Cannot start nginx: ${missingNginxReason}`)
  const held: AsyncDisposable[] = []
  try {
    const folder = createTempFolder('nginx')
    held.unshift(folder)
    const reserved = await reservePorts(1)
    held.unshift(reserved)
    const tls = await writeTlsFiles(folder.path)
    await mkdir(join(folder.path, 'temp'))
    const config = join(folder.path, 'nginx.conf')
    const address = `127.0.0.1:${reserved.ports[0]}`
    await writeFile(config, nginxConfig(options, address, tls))
    const nginx = await GuardedProcess.start({
      command: binary.path,
      args: ['-p', folder.path, '-c', config, '-e', 'stderr'],
      env: { ...process.env, ...(binary.libraries && { LD_LIBRARY_PATH: binary.libraries }) },
    })
    held.unshift(nginx)
    const withTls = options.listen === 'tls'
    const endpoint = `${withTls ? 'https' : 'http'}://${address}`
    await untilListening(nginx, endpoint)
    return {
      endpoint,
      tls: withTls ? tls : undefined,
      get log() {
        return nginx.output
      },
      [Symbol.asyncDispose]: () => disposeAll(held),
    }
  } catch (error) {
    await disposeAll(held)
    throw error
  }
}

async function untilListening(nginx: GuardedProcess, endpoint: string): Promise<void> {
  const check = (): Promise<boolean> => {
    if (nginx.exit) throw new PollAbort(`Cannot start nginx: it says\n${nginx.output}`)
    return isListening(endpoint)
  }
  await pollUntil(check, { what: 'nginx to listen', deadlineMs: startDeadlineMs })
}

async function disposeAll(held: readonly AsyncDisposable[]): Promise<void> {
  for (const one of held) await one[Symbol.asyncDispose]()
}

function nginxConfig(options: NginxOptions, address: string, tls: TlsFiles): string {
  const { upstreams, listen = 'h2c' } = options
  const scheme = upstreams.some((url) => url.startsWith('https:')) ? 'grpcs' : 'grpc'
  const directives = { ...serverDirectives(tls), ...options.directives }
  const lines = Object.entries(directives).map(([name, value]) => `    ${name} ${value};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off;
${temporary.map((kind) => `  ${kind}_temp_path temp/${kind};`).join('\n')}
  upstream etcd {
${upstreams.map((url) => `    server ${new URL(url).host};`).join('\n')}
  }
  server {
    listen ${address}${listen === 'tls' ? ' ssl' : ''} http2;
${lines.join('\n')}
    location / { grpc_pass ${scheme}://etcd; }
  }
}
`
}

/** Streams live as long as their watch or lease, whatever passes through them; nginx ends them after a minute. */
function serverDirectives(tls: TlsFiles): Readonly<Record<string, string>> {
  return {
    client_max_body_size: '0',
    client_body_timeout: '1h',
    grpc_read_timeout: '1h',
    grpc_send_timeout: '1h',
    ssl_certificate: tls.paths.cert,
    ssl_certificate_key: tls.paths.key,
    grpc_ssl_certificate: tls.paths.clientCert,
    grpc_ssl_certificate_key: tls.paths.clientKey,
  }
}
