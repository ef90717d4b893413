// `npm run faults`: rounds of faults, one after the other, until the time is over; exit code 1 on any violation.

import { writeFile } from 'node:fs/promises'
import { startCluster } from './cluster/ground.ts'
import { type FaultCommand, parseFaultCommand, usage } from './command.ts'
import { startEmbeddedRound } from './embedded/ground.ts'
import { figuresTable, RunReport, roundLine } from './report.ts'
import { describeRound, planRound } from './round/plan.ts'
import { playRound, type RoundResult } from './round/round.ts'
import { Tally } from './round/tally.ts'

// What goes wrong again and again tells no more.
const maxFailedRounds = 10
const shownOfAKind = 5
const shownLogCharacters = 6000

async function main(args: readonly string[]): Promise<void> {
  const command = parseFaultCommand(args)
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort(new Error('interrupted')))
  console.log(`seed ${command.seed}, for ${command.minutes} minutes`)
  const report = new RunReport(command.seed)
  await playRounds(command, report, interrupt.signal)
  const figures = report.figures()
  console.log(figuresTable(figures))
  if (command.json !== undefined) {
    await writeFile(command.json, `${JSON.stringify(figures, undefined, 2)}\n`)
  }
  // A machine on which rounds cannot be played proves nothing.
  const isProven = report.rounds > 0 && report.broken <= report.rounds / 10
  if (report.violations > 0 || !isProven) process.exitCode = 1
}

async function playRounds(
  command: FaultCommand,
  report: RunReport,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + command.minutes * 60_000
  let failed = 0
  for (let number = 1; number <= command.rounds && failed < maxFailedRounds; number++) {
    if (performance.now() >= end || signal.aborted) return
    const seed = command.seed + number - 1
    const plan = planRound(seed, command)
    try {
      const start = plan.server.kind === 'cluster' ? startCluster : startEmbeddedRound
      const result = await playRound(plan, {
        ...{ start, signal },
        ...(command.verbose && { tell: console.log }),
      })
      report.add(result)
      console.log(roundLine(number, result))
      if (result.violations.count > 0) failed++
      if (result.violations.count > 0) show(result)
    } catch (error) {
      report.addBroken(seed, String(error))
      console.log(`round ${number} ${describeRound(plan)}: cannot be played: ${stackOf(error)}`)
    }
  }
}

function show({ plan, violations, log, serverLog }: RoundResult): void {
  const kinds = new Tally()
  for (const { kind, details } of violations.list) {
    kinds.add(kind)
    if (kinds.get(kind) <= shownOfAKind) console.log(`VIOLATION ${kind}: ${details}`)
  }
  console.log(`Violations: ${JSON.stringify(kinds.of(''))}`)
  console.log(`The faults of ${describeRound(plan)}:\n${log.lines.join('\n')}`)
  if (violations.count > 0)
    console.log(`The servers' logs:\n${serverLog.slice(-shownLogCharacters)}`)
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\n  because: ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  console.error(usage)
  process.exitCode = 1
})
