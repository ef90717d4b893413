// `npm run bench -- [words] [--peers a,b] [--rounds 3] [--seconds 3] [--json] [--write] [--profile]`: every client beside
// ours.
//
// Words choose the rows whose names have one of them. `--write` renews `bench/results.json`, the charts and the table in
// `docs/performance.md`. `--profile` tells instead who spends the time of ours, and with `--write` renews that part of the
// page. Absolute figures wander on shared machines: trust the ratios and the client CPU an operation.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chartOf } from './suite/chart.ts'
import { jobOf, measureRow } from './suite/measure.ts'
import { makePrograms } from './suite/programs.ts'
import {
  type Machine,
  machineText,
  markdownProfiles,
  markdownReport,
  markdownServers,
  markdownStartup,
  terminalReport,
} from './suite/report.ts'
import { measureServers } from './suite/server-rows.ts'
import { type SuiteServer, startServer } from './suite/servers.ts'
import { measureStartup, type StartupFigures } from './suite/startup.ts'
import { type PeerName, type Row, type ServerName, suiteRows } from './suite/works.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
})
const chosenPeers = values.peers?.split(',')
const rows = suiteRows.filter(({ name }) => isChosen(name)).map(withChosenPeers)
const tell = (line: string): void => console.error(line)

const seconds = Number(values.seconds)
// The servers are asked by ours.
const wanted = [...new Set<PeerName>([...rows.flatMap(({ peers }) => peers), 'etcdkit'])]
await using programs = await makePrograms(wanted, tell)
if (values.profile) await profile()
else await measure()

async function measure(): Promise<void> {
  const results = await eachRow((row, server) => {
    tell(`measuring ${row.name}`)
    return measureRow(row, { programs, server }, { rounds: Number(values.rounds), seconds, tell })
  })
  const options = { rounds: Number(values.rounds), seconds, tell }
  const servers = isChosen('servers') ? await measureServers(programs, options) : []
  const startup = isChosen('startup') ? await measureStart() : []
  const report = { machine: machine(), rows: results, servers, startup }
  if (values.json) console.log(JSON.stringify(report, undefined, 2))
  else
    console.log(
      `${terminalReport(results)}\n\n${markdownServers(servers)}\n\n${markdownStartup(startup)}`,
    )
  if (!values.write) return
  await writeFile(at('results.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  await mkdir(at('../docs/charts'), { recursive: true })
  for (const row of results) {
    const file = row.name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()
    await writeFile(at(`../docs/charts/${file}.svg`), chartOf(row))
  }
  const table = `${machineText(report.machine)}\n\n${markdownReport(results)}`
  await renew('results', `${table}\n\n${markdownStartup(startup)}`)
  await renew('servers', markdownServers(servers))
}

async function profile(): Promise<void> {
  const results = await eachRow(async (row, server) => {
    tell(`profiling ${row.name}`)
    const parts = await programs.profile(row.ours, await jobOf(row, server, seconds))
    return { name: row.name, parts }
  })
  const text = markdownProfiles(results)
  console.log(text)
  if (values.write) await renew('profiles', text)
}

function isChosen(name: string): boolean {
  return positionals.length === 0 || positionals.some((word) => name.includes(word))
}

// Ours is always there: it is what the others are compared with, and what is profiled.
function withChosenPeers(row: Row): Row {
  if (values.profile) return { ...row, peers: [row.ours] }
  if (chosenPeers === undefined) return row
  const peers = row.peers.filter((peer) => peer === row.ours || chosenPeers.includes(peer))
  return { ...row, peers }
}

// Rows of one server come one after the other, and share it.
async function eachRow<T>(visit: (row: Row, server: SuiteServer) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let current: { readonly name: ServerName; readonly server: SuiteServer } | undefined
  try {
    for (const row of rows) {
      if (!row.peers.some((peer: PeerName) => programs.names.has(peer))) continue
      if (current?.name !== row.server) {
        await current?.server[Symbol.asyncDispose]()
        current = { name: row.server, server: await startServer(row.server) }
      }
      results.push(await visit(row, current.server))
    }
  } finally {
    await current?.server[Symbol.asyncDispose]()
  }
  return results
}

async function measureStart(): Promise<StartupFigures[]> {
  await using server = await startServer('etcd')
  return measureStartup(server.endpoint, 9)
}

function machine(): Machine {
  const [cpu] = cpus()
  return {
    cpus: cpus().length,
    model: cpu?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().split('-')[0] ?? '',
    node: process.version,
  }
}

function at(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}

/** Renews a part of the page. */
async function renew(part: string, text: string): Promise<void> {
  const page = at('../docs/performance.md')
  const [begin, end] = [`<!-- ${part} -->`, `<!-- end of ${part} -->`]
  const old = await readFile(page, 'utf8')
  const [before, after] = [old.split(begin)[0], old.split(end)[1]]
  if (before === undefined || after === undefined) throw new Error(`${page} has no ${begin}`)
  await writeFile(page, `${before}${begin}\n\n${text}\n\n${end}${after}`)
}
