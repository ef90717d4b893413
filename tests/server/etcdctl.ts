// Runs etcdctl, and takes out of what it says all that may differ between two servers that do the same.

import { spawn } from 'node:child_process'
import { patience } from '../support/etcdctl.ts'

/** One command. */
export interface EtcdctlStep {
  readonly args: readonly string[]
  readonly stdin?: string
  /** For commands that do not end by themselves: interrupted once they have said this. */
  readonly until?: string
  /** The same, interrupted when it is aborted. */
  readonly signal?: AbortSignal
}

/** What came of it. */
export interface EtcdctlResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command against an endpoint. */
export function runEtcdctl(
  program: string,
  endpoint: string,
  step: EtcdctlStep,
): Promise<EtcdctlResult> {
  return new Promise((resolve, reject) => {
    // Without a scheme, as etcdctl has it by default: with one, 3.4 sends an `:authority` of `http://…` where it calls one
    // member, and node:http2 refuses that as malformed.
    const { host } = new URL(endpoint)
    const child = spawn(program, [`--endpoints=${host}`, ...step.args], {
      env: { PATH: process.env.PATH, ETCDCTL_API: '3', ...patience },
      timeout: timeoutMs,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (step.until !== undefined && stdout.includes(step.until)) child.kill('SIGINT')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    step.signal?.addEventListener('abort', () => child.kill('SIGINT'))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    // It may end without reading.
    child.stdin.on('error', () => {})
    if (step.until === undefined) child.stdin.end(step.stdin ?? '')
    else child.stdin.write(step.stdin ?? '')
  })
}

const timeoutMs = 120_000

const changing: readonly (readonly [RegExp, string])[] = [
  [/\b(?:https?:\/\/)?(?:127\.0\.0\.1|localhost):\d+\b/g, 'HOST'],
  [/("(?:cluster_id|member_id|leader|ID|id|ClusterID|MemberID|Leader)" ?: ?)-?\d+/g, '$1ID'],
  [
    /("(?:version|storageVersion|dbSize|dbSizeInUse|dbSizeQuota|raftIndex|raftAppliedIndex|downgradeInfo|raftTerm|raft_term)":)(?:"[^"]*"|\d+|\{\})/g,
    '$1N',
  ],
  [
    /("(?:Version|StorageVersion|DBSize|DBSizeInUse|RaftIndex|RaftAppliedIndex|RaftTerm)" : )(?:"\d[^"]*"|\d+)/g,
    '$1N',
  ],
  [/\b[0-9a-f]{12,16}\b/g, 'HEX'],
  // Padded with blanks, by their length.
  [/\b(cluster|Member) +HEX/g, '$1 HEX'],
  [/\b3\.\d+\.\d+\b/g, 'VERSION'],
  [/\b\d+(?:\.\d+)? ?[kMG]?B\b/g, 'SIZE'],
  [/\b\d+(?:\.\d+)?(?:ms|µs|us|s)\b(?!\))/g, 'TIME'],
  [/(?<=(?:true|false), )\d+, \d+, \d+(?=, )/g, 'TERM, INDEX, APPLIED'],
]

/** A result without ids, addresses, sizes, versions and times. */
export function normalizeResult(result: EtcdctlResult): EtcdctlResult {
  const normalize = (text: string): string =>
    changing.reduce((left, [pattern, word]) => left.replace(pattern, word), text)
  // What its client logs has the time in it, and names that are made up.
  const stderr = result.stderr.replace(/^\{"level".*\n/gm, '')
  return { ...result, stdout: normalize(result.stdout), stderr: normalize(stderr) }
}
