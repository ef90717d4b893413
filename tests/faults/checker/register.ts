// A key as a register: what puts, gets, swaps and deletes make of it. Values are told apart by their text.

import type { Model, Operation } from './linearizability.ts'

/** What is asked of a key. A missing key is `undefined`. */
export type RegisterInput =
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'get' }
  | {
      readonly kind: 'swap'
      readonly expected: string | undefined
      readonly value: string
    }
  | { readonly kind: 'delete' }

/** What it answers: what was there before, or, of a swap, whether it was done and what was there if not. */
export interface RegisterOutput {
  readonly succeeded?: boolean
  readonly found?: string | undefined
}

/** An operation on a key. */
export type RegisterOperation = Operation<RegisterInput, RegisterOutput>

/** The register, missing at first. */
export const register: Model<string | undefined, RegisterInput, RegisterOutput> = {
  initial: undefined,
  step(state, input, output) {
    switch (input.kind) {
      case 'put':
        return { state: input.value }
      case 'get':
        return output === undefined || output.found === state ? { state } : undefined
      case 'delete':
        return output === undefined || output.found === state ? { state: undefined } : undefined
      case 'swap':
        return swap(state, input, output)
    }
  },
  keyOf: (state) => (state === undefined ? '-' : `+${state}`),
}

function swap(
  state: string | undefined,
  { expected, value }: Extract<RegisterInput, { kind: 'swap' }>,
  output: RegisterOutput | undefined,
): { readonly state: string | undefined } | undefined {
  const succeeds = state === expected
  if (output === undefined) return { state: succeeds ? value : state }
  if (output.succeeded !== succeeds) return undefined
  if (succeeds) return { state: value }
  return output.found === state ? { state } : undefined
}

/**
 * Leaves out what cannot change the verdict: reads of unknown outcome, and writes of unknown outcome that nobody can have
 * noticed. Only for histories in which no two writes have the same value: a write that nobody saw was then overwritten or
 * never done, and either way nothing would be different without it.
 */
export function withoutTraceless(operations: readonly RegisterOperation[]): RegisterOperation[] {
  const seen = new Set<string>()
  const kept = new Set<RegisterOperation>()
  for (let before = -1; kept.size > before; ) {
    before = kept.size
    for (const operation of operations) {
      if (kept.has(operation) || !leavesTrace(operation, seen)) continue
      kept.add(operation)
      // What it saw, someone may have written.
      for (const value of valuesSeenBy(operation)) seen.add(value)
    }
  }
  return operations.filter((operation) => kept.has(operation))
}

function leavesTrace({ input, returnedAt }: RegisterOperation, seen: ReadonlySet<string>): boolean {
  if (Number.isFinite(returnedAt)) return true
  // That a key is missing has no name: it may always have been noticed.
  if (input.kind === 'delete') return true
  return input.kind !== 'get' && seen.has(input.value)
}

function valuesSeenBy({ input, output, returnedAt }: RegisterOperation): string[] {
  const isKnown = Number.isFinite(returnedAt)
  const found = isKnown ? output?.found : undefined
  const mayHaveMatched = !isKnown || output?.succeeded === true
  const matched = input.kind === 'swap' && mayHaveMatched ? input.expected : undefined
  return [found, matched].filter((value) => value !== undefined)
}
