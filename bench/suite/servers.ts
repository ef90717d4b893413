// The servers that the suite asks, with what is read there put in before.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Etcd, op } from 'etcdkit'
import { startEtcd } from '../../tests/support/etcd-server.ts'
import { keys, watcherCount } from './job.ts'
import type { Row, ServerName } from './works.ts'

/** A server of the suite. */
export interface SuiteServer extends AsyncDisposable {
  readonly endpoint: string
  /** Of its process. */
  readonly pid: number
  /** The CA's certificate as a file. */
  readonly ca: string | undefined
  /** Puts in what the row reads, unless it is there. Resolves with the revision a watch begins at. */
  prepare(row: Pick<Row, 'job'>): Promise<number>
}

const listValue = 'v'.repeat(80)
const scanBatch = 128
const eventsPerTxn = 100

/** Starts a server. */
export async function startServer(name: ServerName): Promise<SuiteServer> {
  if (name === 'embedded') return startEmbedded()
  const tls = name === 'etcd-tls' ? 'server' : 'none'
  const flags = ['--quota-backend-bytes=8000000000']
  const etcd = await startEtcd({ version: '3.5', tls, v2: name === 'etcd-v2', flags })
  return {
    endpoint: etcd.endpoints[0] ?? '',
    pid: etcd.members[0]?.pid ?? 0,
    ca: etcd.tls?.paths.ca,
    prepare: preparing(
      () => new Etcd({ endpoints: etcd.endpoints, ...(etcd.tls && { tls: { ca: etcd.tls.ca } }) }),
    ),
    [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
  }
}

async function startEmbedded(): Promise<SuiteServer> {
  const bin = fileURLToPath(new URL('../../packages/server/dist/bin.js', import.meta.url))
  const child = spawn(process.execPath, [bin, '--listen-client-urls', 'http://127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let endpoint = ''
  for await (const line of createInterface(child.stderr)) {
    endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ''
    if (endpoint !== '') break
  }
  child.stderr.resume()
  return {
    endpoint,
    pid: child.pid ?? 0,
    ca: undefined,
    prepare: preparing(() => new Etcd(endpoint)),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill()
      await closed
    },
  }
}

function preparing(connect: () => Etcd): SuiteServer['prepare'] {
  const revisions = new Map<string, number>()
  return async ({ job: { work, count = 0 } }) => {
    const kind = work === 'watchers' ? 'watch' : work
    const known = revisions.get(kind)
    if (known !== undefined) return known
    const etcd = connect()
    const { revision } = await etcd.put(keys.single, 'x'.repeat(32))
    if (kind === 'list') await fill(etcd, keys.list, count)
    if (kind === 'scan') await fill(etcd, keys.scan, count)
    if (kind === 'watch') await fillHistory(etcd, count)
    await etcd.close()
    revisions.set(kind, revision + 1)
    return revision + 1
  }
}

async function fill(etcd: Etcd, prefix: string, count: number): Promise<void> {
  const batch = (start: number): Promise<unknown> =>
    etcd.txn({
      then: Array.from({ length: Math.min(scanBatch, count - start) }, (_, index) =>
        op.put(`${prefix}${String(start + index).padStart(9, '0')}`, listValue),
      ),
    })
  for (let start = 0; start < count; start += 16 * scanBatch) {
    const batches: Promise<unknown>[] = []
    for (let part = 0; part < 16 && start + part * scanBatch < count; part++) {
      batches.push(batch(start + part * scanBatch))
    }
    await Promise.all(batches)
  }
}

async function fillHistory(etcd: Etcd, count: number): Promise<void> {
  for (let event = 0; event < count; event += eventsPerTxn) {
    await etcd.txn({
      then: Array.from({ length: eventsPerTxn }, (_, index) => {
        const watcher = (event + index) % watcherCount
        return op.put(`${keys.watch}${String(watcher).padStart(4, '0')}/key`, listValue)
      }),
    })
  }
}
