import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fc from 'fast-check'
import { GrpcTransport } from '/work/main/packages/client/src/transport/grpc/grpc-transport.ts'
import { KV, Lease, Maintenance, PutRequest, RangeRequest, TxnRequest, DeleteRangeRequest, EtcdError, Watch, encodeUtf8 } from '@etcdkit/protocol'
import { start } from '/tmp/st/probe/lib.mjs'
import { sequences, type Command } from './naive/commands.ts'
import { World, bytes, short } from './world.ts'
import * as A from './naive/answers.ts'
const seed = Number(process.argv[2] ?? Date.now() % 1e6)
const e = await start(process.argv[3] ?? '3.5')
const t = new GrpcTransport({ endpoints: e.url, timeoutMs: 5000 })
const world = new World({})
const req = (A as any).requests
const strip = (x: any): any => JSON.parse(JSON.stringify(x, (k, v) => (k === 'clusterId' || k === 'memberId' || k === 'raftTerm') ? undefined : v))
async function real(c: any): Promise<any> {
  switch (c.kind) {
    case 'put': return t.unary(KV.put, req.put(c.put))
    case 'range': return t.unary(KV.range, req.range(c.range))
    case 'delete': return t.unary(KV.deleteRange, req.delete(c.range))
    case 'txn': return t.unary(KV.txn, req.txn(c.txn))
    case 'compact': return t.unary(KV.compact, { revision: c.revision, physical: true })
    case 'hash': return t.unary(Maintenance.hashKV, { revision: c.revision })
    case 'grant': return t.unary(Lease.leaseGrant, { ID: c.id, TTL: 600 })
    case 'revoke': return t.unary(Lease.leaseRevoke, { ID: c.id })
  }
}
function mine(c: any): any {
  const s = world.store
  switch (c.kind) {
    case 'put': return s.put(PutRequest.create(req.put(c.put)))
    case 'range': return s.range(RangeRequest.create(req.range(c.range)))
    case 'delete': return s.deleteRange(DeleteRangeRequest.create(req.delete(c.range)))
    case 'txn': return s.txn(TxnRequest.create(req.txn(c.txn)))
    case 'compact': return s.compact({ revision: c.revision, physical: true })
    case 'hash': return s.hashKv(c.revision)
    case 'grant': return s.leaseGrant({ ID: c.id, TTL: 600 })
    case 'revoke': return s.leaseRevoke({ ID: c.id })
  }
}
const wrap = async (f: () => any) => { try { return strip(await f()) } catch (x) { if (x instanceof EtcdError) return { refused: x.code }; throw x } }
const shift = (c: any): any => { const base = Math.max(0, world.store.revision - 14); const sh = (r: number) => (r > 0 ? r + base : r)
  const range = (r: any) => r && ({ ...r, revision: r.revision === undefined ? undefined : sh(r.revision), minMod: sh(r.minMod), maxMod: sh(r.maxMod), minCreate: sh(r.minCreate), maxCreate: sh(r.maxCreate) })
  const txn = (x: any): any => ({ ...x, compare: x.compare.map((c: any) => ({ ...c, operand: c.target === 1 || c.target === 2 ? c.operand + base : c.operand })), success: x.success.map(opp), failure: x.failure.map(opp) })
  const opp = (o: any): any => o.range ? { range: range(o.range) } : o.txn ? { txn: txn(o.txn) } : o
  if (c.range) return { ...c, range: range(c.range) }
  if (c.txn) return { ...c, txn: txn(c.txn) }
  if (c.revision !== undefined) return { ...c, revision: c.kind === 'compact' ? (Math.random() < 0.3 ? sh(c.revision) - 6 : c.revision - 5) : sh(c.revision) }
  return c }
let n = 0; const stats = new Map<string, number>()
const rw: any[] = []; const rs = t.stream(Watch.watch); void (async () => { try { for await (const r of rs) rw.push(strip(r)) } catch {} })()
rs.send({ createRequest: { key: bytes('\0'), rangeEnd: bytes('\0'), prevKv: true } })
while (rw.length === 0) await new Promise((r) => setTimeout(r, 10))
const mw = world.watch(); mw.create('\0', '\0', { prevKv: true })
try {
  for (const commands of fc.sample(sequences, { numRuns: Number(process.argv[4] ?? 100), seed })) for (const raw of commands) {
    const c = shift(raw)
    if (['advance', 'leases', 'keepAlive', 'timeToLive'].includes(c.kind)) continue
    if (JSON.stringify(c).match(/"sortOrder":3|"sortTarget":5/)) continue
    if (c.kind === 'hash' && (c.revision === world.store.compactRevision || (c.revision > 0 && c.revision < world.store.compactRevision))) continue
    const a = await wrap(() => real(c)), b = await wrap(() => mine(c))
    if (c.kind === 'hash') { delete a.hashRevision; delete b.hashRevision }
    stats.set(c.kind + ' ' + (a.refused ?? 'ok'), (stats.get(c.kind + ' ' + (a.refused ?? 'ok')) ?? 0) + 1)
    try { assert.deepEqual(b, a) } catch (err) { console.log(n, JSON.stringify(c)); console.log('REAL', JSON.stringify(a).slice(0, 3000)); console.log('MINE', JSON.stringify(b).slice(0, 3000)); throw err }
    n++
  }
  await new Promise((r) => setTimeout(r, 300))
  const mine2 = mw.take().map(strip)
  const ev = (x: any[]) => x.map((r) => ({ rev: r.header.revision, id: r.watchId, events: r.events }))
  let d = 0; for (let i = 0; i < Math.max(mine2.length, rw.length); i++) { const a = JSON.stringify(ev([rw[i]])[0]), b = JSON.stringify(ev([mine2[i]])[0]); if (a !== b && d++ < 5) console.log('WATCH', i, a?.slice(0, 600), b?.slice(0, 600)) }
  console.log('seed', seed, 'equal', n, 'watch responses', rw.length, mine2.length, 'diffs', d, 'rev', world.store.revision, Object.fromEntries(stats))
} finally { await t.close(); e.stop() }
