// Which suites ran on which server and which were left out: written by the test processes, read by tools/run-tests.ts.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** The variable with the path of the report; without it nothing is written. */
export const suiteReportVariable = 'ETCDKIT_SUITE_REPORT'

/** The variable that makes a missing server a failure: CI sets it to 1. */
export const requireEtcdVariable = 'ETCDKIT_REQUIRE_ETCD'

/** One suite on one server. */
export interface SuiteRecord {
  readonly suite: string
  /** The server's kind: `etcd 3.5`. */
  readonly server: string
  /** The exact version it ran on. */
  readonly version?: string
  /** Why it was left out, when it was. */
  readonly leftOut?: string
}

/** Adds a record. Without a report, a suite that is left out is said on standard error: never in silence. */
export function reportSuite(record: SuiteRecord): void {
  const path = process.env[suiteReportVariable]
  if (path) appendFileSync(path, `${JSON.stringify(record)}\n`)
  else if (record.leftOut) process.stderr.write(`${leftOutLine(record)}\n`)
}

/** All records of a report. */
export function readSuiteReport(path: string): SuiteRecord[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  // Written by reportSuite alone.
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SuiteRecord)
}

/** The summary for people: what ran on each server, by name and version, and every suite that was left out. */
export function summarizeSuites(records: readonly SuiteRecord[]): string[] {
  const ran = new Map<string, Set<string>>()
  for (const { suite, server, version, leftOut } of records) {
    if (leftOut !== undefined) continue
    const name = version === undefined ? server : `${server} (${version})`
    ran.set(name, (ran.get(name) ?? new Set()).add(suite))
  }
  const lines = [...ran].map(([name, suites]) => `suites on ${name}: ${suites.size} ran`)
  return [...lines.toSorted(), ...new Set(records.filter((one) => one.leftOut).map(leftOutLine))]
}

function leftOutLine({ suite, server, leftOut }: SuiteRecord): string {
  return `suite "${suite}" on ${server}: left out, ${leftOut}`
}
