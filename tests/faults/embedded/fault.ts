// The faults that the embedded server is told to have, as data, and how they are drawn.

import type { Random } from '../schedule/random.ts'

/** A fault of the server's own. `method` is a name in {@link methodNames}; without one it is for all. */
export type EmbeddedFault =
  | { readonly kind: 'delay'; readonly method: MethodName | undefined; readonly delayMs: number }
  | {
      readonly kind: 'refuse'
      readonly method: MethodName | undefined
      readonly code: 'no-leader' | 'timeout' | 'leader-changed' | 'server-stopped'
      readonly applied: boolean
      readonly times: number
    }
  | {
      readonly kind: 'drop-answer'
      readonly method: MethodName | undefined
      // Not `then`: an object with that name is taken for a promise.
      readonly ending: 'cut' | 'reset' | 'silence'
      readonly times: number
    }
  | { readonly kind: 'cut'; readonly method: MethodName | undefined; readonly times: number }
  | {
      readonly kind: 'reset'
      readonly method: MethodName | undefined
      readonly code: 'refused-stream' | 'internal-error' | 'enhance-your-calm'
      readonly times: number
    }
  | { readonly kind: 'go-away' }
  | { readonly kind: 'refuse-connections'; readonly cut: boolean }
  | { readonly kind: 'silence'; readonly method: MethodName | undefined }
  | {
      readonly kind: 'end-streams'
      readonly method: 'watch' | 'leaseKeepAlive' | undefined
      readonly code: 'no-leader' | 'server-stopped' | undefined
      readonly afterMessages: number
      readonly times: number | undefined
    }
  | { readonly kind: 'compact-watches' }

/** Calls that a fault may be for. */
export const methodNames = [
  'put',
  'txn',
  'range',
  'deleteRange',
  'watch',
  'leaseGrant',
  'leaseKeepAlive',
] as const

/** A call that a fault may be for. */
export type MethodName = (typeof methodNames)[number]

/** Faults that are in force together. */
export interface Burst {
  /** Milliseconds after the one before was undone. */
  readonly afterMs: number
  readonly faults: readonly EmbeddedFault[]
  readonly forMs: number
}

const weights = {
  delay: 2,
  refuse: 3,
  'drop-answer': 4,
  cut: 3,
  reset: 3,
  'go-away': 2,
  'refuse-connections': 2,
  silence: 2,
  'end-streams': 3,
}

/** The faults of a round. */
export function generateBursts(random: Random, durationMs: number): Burst[] {
  const bursts: Burst[] = []
  for (let atMs = 0; atMs < durationMs; ) {
    const burst = drawBurst(random)
    bursts.push(burst)
    atMs += burst.afterMs + burst.forMs
  }
  return bursts
}

function drawBurst(random: Random): Burst {
  const afterMs = random.integer(50, 700)
  if (random.chance(0.06)) return { afterMs, faults: [{ kind: 'compact-watches' }], forMs: 0 }
  const faults = Array.from({ length: random.integer(1, 3) }, () => drawFault(random))
  // A call gives up after seconds, a connection that is silent after seven.
  const forMs = random.chance(0.05) ? random.integer(5000, 9000) : random.integer(20, 1200)
  return { afterMs, faults, forMs }
}

function drawFault(random: Random): EmbeddedFault {
  const method = random.chance(0.3) ? undefined : random.pick(methodNames)
  const times = random.integer(1, 12)
  const kind = random.weighted(weights)
  switch (kind) {
    case 'delay':
      return { kind, method, delayMs: random.integer(1, 400) }
    case 'refuse': {
      const applied = random.chance(0.5)
      // What says that there is no leader has not applied anything.
      const codes = ['timeout', 'leader-changed', 'server-stopped'] as const
      const code = random.pick(applied ? codes : ([...codes, 'no-leader'] as const))
      return { kind, method, times, code, applied }
    }
    case 'drop-answer': {
      // A stream that is silent for ever, on a connection that answers PINGs, is what no network and no server makes.
      const isUnary = method !== undefined && method !== 'watch' && method !== 'leaseKeepAlive'
      const endings = ['cut', 'reset', 'silence'] as const
      return { kind, method, times, ending: random.pick(isUnary ? endings : endings.slice(0, 2)) }
    }
    case 'cut':
      return { kind, method, times }
    case 'reset': {
      const code = random.pick(['refused-stream', 'internal-error', 'enhance-your-calm'] as const)
      return { kind, method, times, code }
    }
    case 'go-away':
      return { kind }
    case 'refuse-connections':
      return { kind, cut: random.chance(0.7) }
    case 'silence':
      return { kind, method }
    case 'end-streams':
      return drawEnd(random)
  }
}

function drawEnd(random: Random): EmbeddedFault {
  return {
    kind: 'end-streams',
    method: random.pick(['watch', 'leaseKeepAlive', undefined] as const),
    code: random.pick(['no-leader', 'server-stopped', undefined] as const),
    afterMessages: random.integer(0, 4),
    times: random.chance(0.5) ? random.integer(1, 5) : undefined,
  }
}
