// `npm test [filters] [--coverage] [--rounds]`: brings etcd if it can, runs the test files whose paths contain one of
// the filters (all without any), and says in the end which suites ran on which server.

import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { etcdVersions, findEtcdBinary } from '../tests/support/etcd-binary.ts'
import { findNginx } from '../tests/support/nginx-binary.ts'
import { report } from '../tests/support/reporter.ts'
import {
  readSuiteReport,
  requireEtcdVariable,
  type SuiteRecord,
  suiteReportVariable,
  summarizeSuites,
} from '../tests/support/suite-report.ts'
import { bundleTests } from './bundle-tests.ts'
import { bringBinaries } from './etcd/bring.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const concurrency = 3
// For a whole file: node 20 knows no other. Tests that may hang set their own.
const fileTimeoutMs = 240_000

/** What the command line asks for. */
interface TestCommand {
  readonly filters: readonly string[]
  readonly coverage: boolean
  readonly rounds: boolean
}

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommand(args)
  if (command.coverage) {
    process.exitCode = await runWithCoverage(args.filter((arg) => arg !== '--coverage'))
    return
  }
  const files = collectTestFiles(command)
  if (files.length === 0) throw new Error(`Cannot run tests: no file for ${args.join(' ')}`)
  await bringMissing()
  const folder = await mkdtemp(join(tmpdir(), 'etcdkit-tests-'))
  try {
    const path = join(folder, 'suites.jsonl')
    process.env[suiteReportVariable] = path
    const passed = await runFiles(files)
    const records = readSuiteReport(path)
    for (const line of summarizeSuites(records)) console.log(line)
    const complete = command.filters.length > 0 || ranEverywhere(records)
    if (!passed || !complete) process.exitCode = 1
  } finally {
    await rm(folder, { recursive: true })
  }
}

function parseCommand(args: readonly string[]): TestCommand {
  const flags = args.filter((arg) => arg.startsWith('--'))
  const unknown = flags.find((flag) => flag !== '--coverage' && flag !== '--rounds')
  if (unknown !== undefined) throw new Error(`Cannot run tests: unknown option ${unknown}`)
  return {
    filters: args.filter((arg) => !arg.startsWith('--')),
    coverage: flags.includes('--coverage'),
    rounds: flags.includes('--rounds'),
  }
}

/**
 * The test files, sorted. Rounds (`*.rounds.test.ts` below `tests`), which take long or may crash an etcd, on demand.
 */
function collectTestFiles({ filters, rounds }: TestCommand): string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'test'))
  const files = [...packages, 'tests', 'tools'].flatMap(listTestFiles)
  const wanted = files.filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  )
  const isRound = (file: string): boolean => /^tests\/.*\.rounds\.test\.ts$/.test(file)
  return wanted.filter((file) => rounds || !isRound(file)).toSorted()
}

function listTestFiles(folder: string): string[] {
  try {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name))
  } catch (error) {
    // A package without tests; anything else is readdir's to say.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Brings the servers that are missing. That it cannot is said, and no failure: their suites are left out. */
async function bringMissing(): Promise<void> {
  if (etcdVersions.every((version) => findEtcdBinary(version)) && findNginx()) return
  console.log('Bringing the servers for the tests into .etcd/ …')
  try {
    const failures = await bringBinaries({ log: (line) => console.log(`  ${line}`) })
    for (const { wanted, reason } of failures) console.log(`  no ${wanted.name}: ${reason}`)
  } catch (error) {
    console.log(`  ${error instanceof Error ? error.message : error}`)
  }
}

/** Runs the files, each in a process of its own, and resolves with whether all passed. */
async function runFiles(files: readonly string[]): Promise<boolean> {
  // Under c8 they run from their sources, which is what it is to tell of.
  if (process.env.NODE_V8_COVERAGE !== undefined) {
    return runPaths(
      files.map((file) => join(root, file)),
      (file) => relative(root, file),
    )
  }
  await using bundles = await bundleTests(files)
  // The test processes get the flags of this one, and need none of those for TypeScript.
  process.execArgv.splice(0, Number.POSITIVE_INFINITY, '--enable-source-maps')
  return await runPaths(bundles.files, bundles.sourceOf)
}

async function runPaths(
  paths: readonly string[],
  sourceOf: (path: string) => string,
): Promise<boolean> {
  let passed = true
  const events = run({ files: paths, concurrency, timeout: fileTimeoutMs })
  events.on('test:fail', () => {
    passed = false
  })
  for await (const text of report(events, sourceOf)) process.stdout.write(text)
  return passed
}

/** Where the servers are required, every version of etcd must have had its suites. */
function ranEverywhere(records: readonly SuiteRecord[]): boolean {
  if (process.env[requireEtcdVariable] !== '1') return true
  const silent = etcdVersions.filter(
    (version) => !records.some(({ server, leftOut }) => server === `etcd ${version}` && !leftOut),
  )
  for (const version of silent) console.log(`no suite ran on etcd ${version}, which is required`)
  return silent.length === 0
}

/** Runs this script again under c8 and resolves with its exit code. */
function runWithCoverage(args: readonly string[]): Promise<number> {
  const c8 = join(dirname(createRequire(import.meta.url).resolve('c8')), 'bin', 'c8.js')
  const scope = ['--include=packages/*/src/**', '--exclude=**/gen/**']
  const reporters = ['--reporter=text', '--reporter=lcov']
  const self = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), ...args]
  const child = spawn(process.execPath, [c8, ...scope, ...reporters, ...self], {
    cwd: root,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
