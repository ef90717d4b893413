// What is brought, as a table: the packages, the suites they may come from, and the files taken out of them.

/** The folders below `.etcd/`. */
export type WantedName = '3.4' | '3.5' | 'nginx' | 'go' | 'chromium'

/** One folder below `.etcd/` and what fills it. */
export interface Wanted {
  readonly name: WantedName
  readonly packages: readonly [string, ...string[]]
  /** Suites to try, the best first. */
  readonly suites: readonly [string, ...string[]]
  /** Versions of the first package that will do; a suite moves on to other versions with time. */
  readonly accepts: RegExp
  /** Where a file lies in the packages, and its name in the folder. */
  readonly files: Readonly<Record<string, string>>
  /** Whether everything in the packages is kept, where it lies in them. Default: false. */
  readonly whole?: boolean
  /** The command whose output proves that the binary runs here, and the version in that output. */
  readonly proof: {
    readonly file: string
    readonly args: readonly string[]
    readonly version: RegExp
  }
  /** Whether the shared libraries among the dependencies come along, for a machine that has not got them. */
  readonly libraries: boolean
  /** Whether `npm run etcd` fails without it. */
  readonly required: boolean
}

const etcdPackages = ['etcd-server', 'etcd-client'] as const
const etcdFiles = { 'usr/bin/etcd': 'etcd', 'usr/bin/etcdctl': 'etcdctl' }
const etcdProof = { file: 'etcd', args: ['--version'], version: /^etcd Version: (\S+)$/m }

/**
 * Debian 12 has etcd 3.4. For 3.5 the newest suite comes first: it follows upstream's patch releases (3.5.30 where
 * Debian 13 stays at 3.5.16), and its etcd needs nothing but a libc that Debian 12 has. When it has moved on to another
 * etcd, or to a libc that this machine has not got, the older suites follow.
 */
export const wantedList: readonly Wanted[] = [
  {
    name: '3.4',
    packages: etcdPackages,
    suites: ['bookworm'],
    accepts: /^3\.4\./,
    files: etcdFiles,
    proof: etcdProof,
    libraries: false,
    required: true,
  },
  {
    name: '3.5',
    packages: etcdPackages,
    suites: ['sid', 'forky', 'trixie'],
    accepts: /^3\.5\./,
    files: etcdFiles,
    proof: etcdProof,
    libraries: false,
    required: true,
  },
  {
    name: 'nginx',
    packages: ['nginx'],
    suites: ['bookworm'],
    accepts: /^1\./,
    files: { 'usr/sbin/nginx': 'nginx' },
    proof: { file: 'nginx', args: ['-v'], version: /^nginx version: nginx\/(\S+)/m },
    libraries: true,
    required: false,
  },
]
