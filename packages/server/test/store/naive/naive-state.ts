// What the model of a store remembers: every revision whole, and every change.

/** A key of the model. */
export interface Entry {
  readonly key: string
  readonly value: string
  readonly create: number
  readonly mod: number
  readonly version: number
  readonly lease: string
}

/** A change of the model; a deletion has no entry. */
export interface Change {
  readonly revision: number
  readonly key: string
  readonly entry: Entry | undefined
  /** What was before the revision. */
  readonly previous: Entry | undefined
}

/** The order of keys, by another way than the store's. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
}

/** Whether a key is in the range a request gives. */
export function covers(key: string, rangeEnd: string, candidate: string): boolean {
  if (rangeEnd === '') return candidate === key
  if (byBytes(candidate, key) < 0) return false
  return rangeEnd === '\0' || byBytes(candidate, rangeEnd) < 0
}

/** All of the past. */
export class NaiveState {
  /** The keys at each revision, in order; there was nothing at the first. */
  readonly snapshots: Entry[][] = [[], []]
  readonly changes: Change[] = []
  compacted = -1

  get revision(): number {
    return this.snapshots.length - 1
  }

  /** The keys at a revision. */
  at(revision: number): Entry[] {
    return this.snapshots[revision] ?? []
  }

  /** Opens a copy of the newest keys to change. */
  draft(): Draft {
    return new Draft(this)
  }
}

/** Keys that are being changed, to be kept all or not at all. */
export class Draft {
  entries: Entry[]
  readonly changes: Change[] = []
  readonly #state: NaiveState
  readonly #before: readonly Entry[]
  /** The revision that is being made. */
  readonly next: number

  constructor(state: NaiveState) {
    this.#state = state
    this.#before = state.at(state.revision)
    this.entries = [...this.#before]
    this.next = state.revision + 1
  }

  /** What an operation answers with as the revision. */
  get revision(): number {
    return this.changes.length === 0 ? this.next - 1 : this.next
  }

  find(key: string): Entry | undefined {
    return this.entries.find((entry) => entry.key === key)
  }

  put(key: string, value: string, lease: string): void {
    const old = this.find(key)
    const create = old?.create ?? this.next
    const entry = { key, value, lease, create, mod: this.next, version: (old?.version ?? 0) + 1 }
    this.entries = [...this.entries.filter((each) => each.key !== key), entry]
    this.entries.sort((a, b) => byBytes(a.key, b.key))
    this.#note(key, entry)
  }

  delete(key: string): void {
    this.entries = this.entries.filter((each) => each.key !== key)
    this.#note(key, undefined)
  }

  /** Keeps it. */
  commit(): void {
    if (this.changes.length === 0) return
    this.#state.snapshots.push(this.entries)
    this.#state.changes.push(...this.changes)
  }

  #note(key: string, entry: Entry | undefined): void {
    const created = entry?.version === 1
    const previous = created ? undefined : this.#before.find((each) => each.key === key)
    this.changes.push({ revision: this.next, key, entry, previous })
  }
}
