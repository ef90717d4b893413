// Certificates for tests over TLS: good ones, and ones that must be refused. Made once in a process, on first use.

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** Whom a certificate is for. */
export interface IssueOptions {
  /** Default: none. */
  readonly commonName?: string
  /** Who signs it. */
  readonly authority: KeyPair
  /** Signs others itself. Default: false. */
  readonly isAuthority?: boolean
  readonly notBefore?: Date
  /** Default: a day from now. */
  readonly notAfter?: Date
}

/** The certificates of one process. Servers are valid for 127.0.0.1, ::1 and localhost. */
export interface Certificates {
  readonly authority: KeyPair
  readonly server: KeyPair
  /** A client's, with the common name `etcdkit-client`: as etcd takes it, the name of its user. */
  readonly client: KeyPair
  /** A client's without a common name: with auth on, etcd's gateway refuses every client certificate that has one. */
  readonly namelessClient: KeyPair
  /** A server's, signed by the authority, but expired an hour ago. */
  readonly expired: KeyPair
  /** An authority that nobody trusts, with a server and a client that it signed. */
  readonly other: {
    readonly authority: KeyPair
    readonly server: KeyPair
    readonly client: KeyPair
  }
}

const hourMs = 3_600_000

let made: Promise<Certificates> | undefined

/** The certificates of this process; the same ones each time. */
export function certificates(): Promise<Certificates> {
  made ??= makeCertificates()
  return made
}

async function makeCertificates(): Promise<Certificates> {
  const [authority, otherAuthority] = await Promise.all([
    issueAuthority('etcdkit test authority'),
    issueAuthority('another authority'),
  ])
  const [server, client, namelessClient, expired, otherServer, otherClient] = await Promise.all([
    issueCertificate({ commonName: 'localhost', authority }),
    issueCertificate({ commonName: 'etcdkit-client', authority }),
    issueCertificate({ authority }),
    issueCertificate({
      commonName: 'localhost',
      authority,
      notBefore: new Date(Date.now() - 2 * hourMs),
      notAfter: new Date(Date.now() - hourMs),
    }),
    issueCertificate({ commonName: 'localhost', authority: otherAuthority }),
    issueCertificate({ commonName: 'etcdkit-client', authority: otherAuthority }),
  ])
  const other = { authority: otherAuthority, server: otherServer, client: otherClient }
  return { authority, server, client, namelessClient, expired, other }
}

/** A new authority, signed by itself. */
export function issueAuthority(commonName: string): Promise<KeyPair> {
  return generatePair({ commonName, isAuthority: true })
}

/**
 * A certificate signed by an authority, good for servers and clients alike: etcd's gateway calls etcd itself with
 * the server's certificate, which a server that asks for certificates accepts only when it is good for clients, too.
 */
export function issueCertificate(options: IssueOptions): Promise<KeyPair> {
  return generatePair(options)
}

async function generatePair(
  options: Omit<IssueOptions, 'authority'> & { readonly authority?: KeyPair },
): Promise<KeyPair> {
  // Loaded on first use: it takes longer than most tests.
  const { generate } = await import('selfsigned')
  const { commonName, authority, isAuthority = false } = options
  const organization = [{ name: 'organizationName', value: 'etcdkit tests' }]
  const name = commonName === undefined ? [] : [{ name: 'commonName', value: commonName }]
  const made = await generate([...organization, ...name], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A minute ago: clocks of containers and machines differ.
    notBeforeDate: options.notBefore ?? new Date(Date.now() - 60_000),
    notAfterDate: options.notAfter ?? new Date(Date.now() + 24 * hourMs),
    ...(authority && { ca: authority }),
    extensions: isAuthority ? authorityExtensions : leafExtensions,
  })
  return { cert: made.cert, key: made.private }
}

type Extensions = NonNullable<
  NonNullable<Parameters<typeof import('selfsigned')['generate']>[1]>['extensions']
>

const authorityExtensions: Extensions = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
]

const leafExtensions: Extensions = [
  { name: 'basicConstraints', cA: false, critical: true },
  { name: 'keyUsage', digitalSignature: true, critical: true },
  { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
  {
    name: 'subjectAltName',
    altNames: [
      { type: 2, value: 'localhost' },
      { type: 7, ip: '127.0.0.1' },
      { type: 7, ip: '::1' },
    ],
  },
]
