// The embedded server: operations a second and its CPU an operation, over loopback and in the same process.
// Run: node --import tsx --conditions=etcdkit-source bench/server.ts [--seconds 3] [--rounds 3] [--json]
// The client over loopback is etcdkit's own. Beside a real etcd: npm run bench -- servers.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import type { Measurement, Workload } from './support/child.ts'
import { bundlePeers } from './support/run-peer.ts'
import { formatTable, median } from './support/table.ts'

/** The servers, each a program that prints its port and then, for every line it reads, the microseconds of CPU it used. */
const servers = {
  etcdkit: `
    import { EtcdServer } from '@etcdkit/server'
    const server = await EtcdServer.listen({ port: 0 })
    report(new URL(server.endpoint).port)`,
  // The least a server can do: what is left is for node:http2.
  'bare node:http2': `
    import { createServer } from 'node:http2'
    const answer = Buffer.from('00000000060a0418022002', 'hex')
    const server = createServer()
    server.on('stream', (stream) => {
      stream.on('data', () => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end(answer)
      })
    })
    server.listen(0, '127.0.0.1', () => report(server.address().port))`,
}

const reporting = `
  function report(port) {
    console.log(port)
    process.stdin.on('data', () => {
      const { user, system } = process.cpuUsage()
      console.log(user + system)
    })
  }`

/** A client in the server's own process. */
const inProcess = `
  import { EtcdServer, KV } from '@etcdkit/server'
  import { runChild } from './support/child.ts'
  await runChild(async () => {
    const server = EtcdServer.create()
    const { transport } = server
    return {
      put: (key, value) => transport.unary(KV.put, { key, value }),
      get: (key) => transport.unary(KV.range, { key }),
      range: (key, rangeEnd) => transport.unary(KV.range, { key, rangeEnd }),
      close: () => server.close(),
    }
  })`

type Round = Measurement & { readonly serverCpuMicros: number }

interface Row extends Omit<Measurement, 'operations'> {
  readonly server: string
  readonly operation: string
  readonly inFlight: number
  /** Microseconds of the server's CPU for each operation; with the client's, in the same process. */
  readonly serverCpuMicros: number
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(options.seconds)

const bench = fileURLToPath(new URL('.', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'etcdkit-bench-server-'))
try {
  const rows = await measureAll()
  if (options.json) console.log(JSON.stringify(rows, undefined, 2))
  else print(rows)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function measureAll(): Promise<Row[]> {
  await using clients = await bundlePeers(['etcdkit'])
  const rows: Row[] = []
  for (const [name, source] of Object.entries(servers)) {
    const program = await bundle(name, source + reporting)
    for (const inFlight of [1, 64]) {
      await using server = await startServer(program)
      const workload = { operation: 'put', inFlight, seconds, endpoint: server.endpoint } as const
      rows.push(
        await measureRounds(name, workload, async () => {
          const before = await server.cpuMicros()
          const client = await clients.run('etcdkit', workload)
          const used = (await server.cpuMicros()) - before
          // The warm-up, a third of the time, is in it as well.
          return { ...client, serverCpuMicros: used / (client.operations * (4 / 3)) }
        }),
      )
    }
  }
  const program = await bundle('in-process', inProcess)
  for (const inFlight of [1, 64]) {
    const workload = { operation: 'put', inFlight, seconds, endpoint: '' } as const
    rows.push(
      await measureRounds('in process', workload, async () => {
        const both = await runProgram(program, workload)
        return { ...both, serverCpuMicros: both.cpuMicros }
      }),
    )
  }
  return rows
}

async function measureRounds(
  server: string,
  { operation, inFlight }: Workload,
  measure: () => Promise<Round>,
): Promise<Row> {
  const results: Round[] = []
  for (let round = 0; round < Number(options.rounds); round++) results.push(await measure())
  const middle = (pick: (result: Round) => number): number => median(results.map(pick))
  return {
    server,
    operation,
    inFlight,
    perSecond: middle((result) => result.perSecond),
    cpuMicros: middle((result) => result.cpuMicros),
    serverCpuMicros: middle((result) => result.serverCpuMicros),
    p50Micros: middle((result) => result.p50Micros),
    p99Micros: middle((result) => result.p99Micros),
  }
}

async function bundle(name: string, contents: string): Promise<string> {
  const outfile = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`)
  await build({
    stdin: { contents, resolveDir: bench, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['etcdkit-source'],
    outfile,
  })
  return outfile
}

interface RunningServer extends AsyncDisposable {
  readonly endpoint: string
  cpuMicros(): Promise<number>
}

async function startServer(program: string): Promise<RunningServer> {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => (await lines.next()).value ?? ''
  return {
    endpoint: `127.0.0.1:${await line()}`,
    async cpuMicros() {
      child.stdin.write('\n')
      return Number(await line())
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    child.kill()
  })
}

function runProgram(program: string, workload: Workload): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(workload)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', () => {
      // What `child.ts` prints.
      resolve(JSON.parse(output) as Measurement)
    })
  })
}

function print(rows: readonly Row[]): void {
  const header = [
    'server',
    'operation',
    'in flight',
    'op/s',
    'p50 us',
    'p99 us',
    'server CPU us/op',
    'client CPU us/op',
  ]
  const lines = rows.map((row) => [
    row.server,
    row.operation,
    String(row.inFlight),
    row.perSecond.toFixed(0),
    row.p50Micros.toFixed(0),
    row.p99Micros.toFixed(0),
    row.serverCpuMicros.toFixed(1),
    row.cpuMicros.toFixed(1),
  ])
  console.log(formatTable(header, lines))
}
