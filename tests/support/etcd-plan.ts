// A cluster on paper: its members' names, addresses and folders, and the command line that makes each of them.

import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EtcdBinaries } from '../../tools/etcd/find.ts'
import { type EtcdOptions, type EtcdTiming, etcdTiming } from './etcd-options.ts'
import { type TlsFiles, writeTlsFiles } from './tls-files.ts'

/** One member, before it runs. */
export interface MemberPlan {
  readonly name: string
  /** The URL for clients. */
  readonly endpoint: string
  readonly peerUrl: string
  /** Its own folder: where it runs, and where its data is. */
  readonly folder: string
  /** What it tells clients to reach it by. */
  readonly advertisedUrl: string
  /** The path of its unix socket, when it listens on one. */
  readonly socketPath: string | undefined
}

/** Whether a member makes a cluster with the others, or joins one that is there. */
export type ClusterState = 'new' | 'existing'

/** A whole cluster, before it runs. */
export interface ClusterPlan {
  readonly options: EtcdOptions
  readonly timing: EtcdTiming
  readonly binaries: EtcdBinaries
  readonly folder: string
  readonly tls: TlsFiles | undefined
  readonly members: readonly MemberPlan[]
}

// etcd 3.4 takes `unix://` only with a host and a port, and makes of them a file in its working folder. 3.5 takes
// this form as well as a path, for listening; for advertising it takes only this one.
const socketName = 'client:1'

/** Lays out a cluster in an empty folder; each member gets two of the ports. */
export async function planCluster(
  options: EtcdOptions,
  binaries: EtcdBinaries,
  folder: string,
  ports: readonly number[],
): Promise<ClusterPlan> {
  const { members: count = 1, tls: tlsMode = 'none', unixSocket = false } = options
  const tls = tlsMode === 'none' ? undefined : await writeTlsFiles(folder)
  if (options.authToken === 'jwt') await writeTokenKeys(folder)
  const members: MemberPlan[] = []
  for (let index = 0; index < count; index++) {
    const name = `m${index}`
    const memberFolder = join(folder, name)
    await mkdir(memberFolder)
    const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${ports[2 * index]}`
    members.push({
      name,
      endpoint,
      advertisedUrl: options.advertiseClientUrls?.[index] ?? endpoint,
      peerUrl: `http://127.0.0.1:${ports[2 * index + 1]}`,
      folder: memberFolder,
      socketPath: unixSocket ? join(memberFolder, socketName) : undefined,
    })
  }
  return { options, timing: etcdTiming(options), binaries, folder, tls, members }
}

/** Where a member keeps what it must not lose. */
export function dataFolder(member: MemberPlan): string {
  return join(member.folder, 'data')
}

/** The flags of one member. */
export function memberFlags(
  plan: ClusterPlan,
  member: MemberPlan,
  state: ClusterState = 'new',
): string[] {
  const { options, timing, members } = plan
  const cluster = members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')
  return [
    `--name=${member.name}`,
    `--data-dir=${dataFolder(member)}`,
    `--listen-client-urls=${listenUrls(plan, member).join(',')}`,
    `--advertise-client-urls=${member.advertisedUrl}`,
    `--listen-peer-urls=${member.peerUrl}`,
    `--initial-advertise-peer-urls=${member.peerUrl}`,
    `--initial-cluster=${cluster}`,
    `--initial-cluster-token=${plan.folder}`,
    `--initial-cluster-state=${state}`,
    `--heartbeat-interval=${timing.heartbeatMs}`,
    `--election-timeout=${timing.electionMs}`,
    '--logger=zap',
    `--log-level=${options.logLevel ?? 'warn'}`,
    // The cheapest there is: tests of authentication are not about hashing.
    '--bcrypt-cost=4',
    ...tokenFlags(plan),
    ...tlsFlags(plan),
    ...(options.v2 ? ['--enable-v2=true'] : []),
    // 3.4 does not have it, and does not need it where the data is in memory.
    ...(options.version === '3.4' ? [] : ['--unsafe-no-fsync']),
    ...(options.flags ?? []),
  ]
}

function listenUrls(plan: ClusterPlan, member: MemberPlan): string[] {
  if (member.socketPath === undefined) return [member.endpoint]
  return [member.endpoint, `${plan.tls ? 'unixs' : 'unix'}://${socketName}`]
}

function tlsFlags({ options, tls }: ClusterPlan): string[] {
  if (!tls) return []
  const { cert, key, ca } = tls.paths
  const server = [`--cert-file=${cert}`, `--key-file=${key}`]
  return options.tls === 'mutual'
    ? [...server, '--client-cert-auth', `--trusted-ca-file=${ca}`]
    : server
}

function tokenFlags({ options, folder }: ClusterPlan): string[] {
  const { authToken = 'simple', authTokenTtlSeconds: ttl = 300 } = options
  if (authToken === 'simple') return ['--auth-token=simple', `--auth-token-ttl=${ttl}`]
  const { publicKey, privateKey } = tokenKeyPaths(folder)
  const parts = [`pub-key=${publicKey}`, `priv-key=${privateKey}`, 'sign-method=ES256']
  return [`--auth-token=jwt,${parts.join(',')},ttl=${ttl}s`]
}

function tokenKeyPaths(folder: string): { publicKey: string; privateKey: string } {
  return { publicKey: join(folder, 'token.pem'), privateKey: join(folder, 'token-key.pem') }
}

async function writeTokenKeys(folder: string): Promise<void> {
  const paths = tokenKeyPaths(folder)
  const keys = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  })
  await writeFile(paths.publicKey, keys.publicKey)
  await writeFile(paths.privateKey, keys.privateKey, { mode: 0o600 })
}
