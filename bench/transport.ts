// Our HTTP/2 engine beside a bare `node:http2` and `@grpc/grpc-js`: client CPU an operation, operations a second.
// Usage: npm run bench:transport -- [--seconds 3] [--rounds 3] [--json]. ETCD_ENDPOINTS names an etcd to use.

import { parseArgs } from 'node:util'
import { KV } from '@etcdkit/protocol'
import { GrpcTransport } from 'etcdkit'
import { startEtcd } from '../tests/support/etcd-server.ts'
import type { Measurement, Workload } from './support/child.ts'
import { bundlePeers, type PeerPrograms } from './support/run-peer.ts'
import { formatTable, median } from './support/table.ts'

const peers = ['etcdkit', 'node-http2', 'grpc-js'] as const
type PeerName = (typeof peers)[number]

interface Case {
  readonly operation: Workload['operation']
  readonly inFlight: number
}

const cases: readonly Case[] = [
  ...(['put', 'get'] as const).flatMap((operation) =>
    [1, 16, 128].map((inFlight) => ({ operation, inFlight })),
  ),
  { operation: 'range', inFlight: 1 },
]

interface Row extends Case, Omit<Measurement, 'operations'> {
  readonly peer: PeerName
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})

const given = process.env.ETCD_ENDPOINTS?.split(',')[0]
await using server = given === undefined ? await startEtcd({ version: '3.5' }) : undefined
const endpoint = new URL(given ?? server?.endpoints[0] ?? '').host
await fill(endpoint)
await using programs = await bundlePeers(peers)
const rows: Row[] = []
for (const each of cases) rows.push(...(await measureCase(programs, each)))
if (options.json) console.log(JSON.stringify(rows, undefined, 2))
else print(rows)

// Peers take turns within a round, so that a noisy minute of the machine hits all of them.
async function measureCase(programs: PeerPrograms, each: Case): Promise<Row[]> {
  const measured = new Map<PeerName, Measurement[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const peer of peers) {
      const workload = { ...each, seconds: Number(options.seconds), endpoint }
      measured.get(peer)?.push(await programs.run(peer, workload))
    }
  }
  return [...measured].map(([peer, results]) => ({
    peer,
    ...each,
    perSecond: median(results.map((result) => result.perSecond)),
    cpuMicros: median(results.map((result) => result.cpuMicros)),
    p50Micros: median(results.map((result) => result.p50Micros)),
    p99Micros: median(results.map((result) => result.p99Micros)),
  }))
}

// 10,000 entries, 1.3 MB as a RangeResponse.
async function fill(endpoint: string): Promise<void> {
  const transport = new GrpcTransport({ endpoints: endpoint })
  const value = new Uint8Array(90).fill(118)
  const put = (index: number) => {
    const key = new TextEncoder().encode(`bench/range/${String(index).padStart(8, '0')}`)
    return transport.unary(KV.put, { key, value })
  }
  for (let index = 0; index < 10_000; index += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, offset) => put(index + offset)))
  }
  await transport.close()
}

function print(rows: readonly Row[]): void {
  const ours = new Map(
    rows
      .filter((row) => row.peer === 'etcdkit')
      .map((row) => [`${row.operation}${row.inFlight}`, row]),
  )
  const header = [
    'operation',
    'in flight',
    'peer',
    'CPU us/op',
    'op/s',
    'p50 us',
    'p99 us',
    'our CPU',
    'our op/s',
  ]
  const lines = rows.map((row) => {
    const own = ours.get(`${row.operation}${row.inFlight}`)
    return [
      row.operation,
      String(row.inFlight),
      row.peer,
      row.cpuMicros.toFixed(1),
      row.perSecond.toFixed(0),
      row.p50Micros.toFixed(0),
      row.p99Micros.toFixed(0),
      own === undefined ? '' : `${(own.cpuMicros / row.cpuMicros).toFixed(3)}x`,
      own === undefined ? '' : `${(own.perSecond / row.perSecond).toFixed(2)}x`,
    ]
  })
  console.log(formatTable(header, lines))
}
