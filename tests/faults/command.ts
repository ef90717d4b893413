// The command line of the fault suite.

import { parseArgs } from 'node:util'
import { type Part, parts, type Wire, wires } from './round/plan.ts'

/** What the command line asks for. */
export interface FaultCommand {
  /** Of the first round; the next has the next. */
  readonly seed: number
  /** No round begins after that. */
  readonly minutes: number
  /** At most so many rounds. */
  readonly rounds: number
  readonly only: readonly Part[]
  readonly tls: boolean
  readonly wire: Wire | undefined
  /** Where to write the figures. */
  readonly json: string | undefined
  /** Prints every fault as it happens, not only those of rounds that failed. */
  readonly verbose: boolean
}

/** How to call it. */
export const usage = `npm run faults -- [--minutes N] [--rounds N] [--seed N] [--only ${parts.join(',')}] [--tls] [--wire ${wires.join('|')}] [--json FILE] [--verbose]
  A round is played again by its seed: --seed N --rounds 1, with the same --only, --tls and --wire.`

/** Reads the command line; throws with what is wrong with it. */
export function parseFaultCommand(args: readonly string[]): FaultCommand {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      tls: { type: 'boolean', default: false },
      wire: { type: 'string' },
      json: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  })
  const rounds = values.rounds === undefined ? Infinity : readNumber('--rounds', values.rounds)
  const minutes = values.minutes ?? (values.rounds === undefined ? '3' : '1000000')
  return {
    seed: values.seed === undefined ? randomSeed() : readNumber('--seed', values.seed),
    minutes: readNumber('--minutes', minutes),
    rounds,
    only: readParts(values.only),
    tls: values.tls,
    wire: values.wire === undefined ? undefined : readWire(values.wire),
    json: values.json,
    verbose: values.verbose,
  }
}

function randomSeed(): number {
  return Math.floor(Math.random() * 1_000_000_000)
}

function readNumber(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0)) throw new Error(`${name} takes a number, not "${text}"`)
  return value
}

function readWire(name: string): Wire {
  const wire = wires.find((each) => each === name)
  if (wire === undefined) throw new Error(`--wire takes ${wires.join(' or ')}, not "${name}"`)
  return wire
}

function readParts(text: string | undefined): readonly Part[] {
  if (text === undefined) return parts
  return text.split(',').map((name) => {
    const part = parts.find((each) => each === name)
    if (part === undefined) throw new Error(`--only takes ${parts.join(', ')}, not "${name}"`)
    return part
  })
}
