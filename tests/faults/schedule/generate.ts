// Makes the faults of a round out of a seed.

import type { Direction } from '../proxy/link.ts'
import type { CutMode } from '../proxy/pipe.ts'
import type { MemberChoice, MemberFault, NetworkFault, Schedule, Scheduled } from './fault.ts'
import type { Random } from './random.ts'

/** What faults there may be. */
export interface ScheduleOptions {
  readonly durationMs: number
  readonly members: number
  /** Whether a leader may stand still: where leases are held, see "Limits" of leases in `docs/guarantees.md`. */
  readonly pausesLeader: boolean
  /** Whether the cluster has a quota that can be filled. */
  readonly quota: boolean
}

const memberWeights = {
  kill: 5,
  pause: 4,
  'move-leader': 4,
  'replace-member': 1,
  'restart-all': 1,
  'no-space': 2,
  compact: 2,
}

const networkWeights = {
  cut: 4,
  'cut-at-byte': 6,
  stall: 4,
  'drop-answers': 4,
  delay: 2,
  refuse: 3,
}

/** The faults of a round. */
export function generateSchedule(random: Random, options: ScheduleOptions): Schedule {
  const network = random.fork()
  const members = random.fork()
  return {
    network: fill(options.durationMs, () => ({
      afterMs: network.integer(100, 4000),
      fault: networkFault(network, options),
    })),
    // What happens to members takes time of its own.
    members: fill(options.durationMs, () => ({
      afterMs: members.integer(1000, 8000),
      fault: memberFault(members, options),
    })),
  }
}

function fill<F>(durationMs: number, make: () => Scheduled<F>): Scheduled<F>[] {
  const list: Scheduled<F>[] = []
  for (let atMs = 0; ; ) {
    const next = make()
    atMs += next.afterMs
    if (atMs >= durationMs) return list
    list.push(next)
  }
}

function networkFault(random: Random, { members: count }: ScheduleOptions): NetworkFault {
  const members = someMembers(random, count)
  const mode: CutMode = random.chance(0.6) ? 'reset' : 'end'
  const kind = random.weighted(networkWeights)
  switch (kind) {
    case 'cut':
      return { kind, members, mode }
    case 'cut-at-byte':
      return {
        ...{ kind, members, mode },
        direction: random.chance(0.3) ? 'up' : 'down',
        bytes: cutBytes(random),
        links: random.chance(0.6) ? 'open' : 'next',
      }
    case 'stall':
      return { kind, members, directions: directions(random), forMs: random.integer(100, 12_000) }
    case 'drop-answers':
      return { kind, members, forMs: random.integer(20, 3000) }
    case 'delay':
      return { kind, members, delayMs: random.integer(1, 300), forMs: random.integer(500, 6000) }
    case 'refuse':
      return { kind, members, cut: random.chance(0.7), forMs: random.integer(100, 6000) }
  }
}

/** Often one, at times all: then there is nowhere to go. */
function someMembers(random: Random, count: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index)
  if (random.chance(0.25)) return all
  const one = random.integer(0, count - 1)
  return random.chance(0.7) ? [one] : all.filter((index) => index !== one)
}

/** Often within the first frames of a connection or of an answer. */
function cutBytes(random: Random): number {
  return random.chance(0.5) ? random.integer(0, 400) : random.integer(0, 200_000)
}

function directions(random: Random): Direction[] {
  return random.pick<Direction[]>([['up'], ['down'], ['up', 'down'], ['up', 'down']])
}

function memberFault(random: Random, options: ScheduleOptions): MemberFault {
  const weights = {
    ...memberWeights,
    'no-space': options.quota ? memberWeights['no-space'] : 0,
  }
  const kind = random.weighted(weights)
  const index = random.integer(0, options.members - 1)
  const member: MemberChoice = random.chance(0.5) ? 'leader' : index
  switch (kind) {
    case 'kill':
      return { kind, member, forMs: random.integer(0, 4000) }
    case 'pause':
      // An election takes half a second to a second.
      return {
        ...{ kind, forMs: random.integer(1500, 7000) },
        member: options.pausesLeader ? member : 'follower',
      }
    case 'move-leader':
      return { kind, to: index }
    case 'replace-member':
      return { kind, member: index }
    case 'restart-all':
      return { kind, forMs: random.integer(0, 2000) }
    case 'no-space':
      return { kind, forMs: random.integer(200, 3000) }
    case 'compact':
      return { kind, keep: random.pick([0, 10, 300, 1000, 3000]) }
  }
}
