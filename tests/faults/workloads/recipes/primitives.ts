// What is contended for: how each is taken, and the rule that says whose turn it is.

import { type Etcd, type HoldOptions, type Lock, rwLock, type Session, semaphore } from 'etcdkit'

/** What somebody holds. Locks, permits and leaderships are of this shape. */
export interface Tenure {
  readonly key: string
  readonly fence: number
  readonly isHeld: Lock['isHeld']
  readonly signal: AbortSignal
  release(): Promise<void>
  /** Of leaders: writes their own key, if they lead. */
  proclaim?(value: string, options: { readonly timeoutMs: number }): Promise<void>
}

/** How to take it. */
export type TakeOptions = Pick<HoldOptions, 'signal' | 'timeoutMs' | 'ttlSeconds'> & {
  readonly session?: Session | undefined
}

/** A primitive that many contend for. */
export interface Primitive {
  readonly name: string
  /** The keys that stand for asking begin with it. */
  readonly queue: string
  /** What only holders write, guarded by their key. */
  readonly written: string
  /** A key's turn has come when fewer than so many older keys block it. */
  readonly among: number
  /** Whether an older key is one to wait for. */
  blocks(older: string, key: string): boolean
  /** Waits for it. `shared` is of consequence where there are readers. */
  take(etcd: Etcd, shared: boolean, options: TakeOptions): Promise<Tenure>
  /** Takes it if it is free; without, there are only waits. */
  tryTake?(etcd: Etcd, shared: boolean, options: TakeOptions): Promise<Tenure | undefined>
}

const permits = 2

function places(name: string): Pick<Primitive, 'name' | 'queue' | 'written'> {
  return { name, queue: `recipes/${name}/`, written: `written/${name}` }
}

const anyOlder = { among: 1, blocks: () => true } as const

/** Everything that is contended for. */
export const primitives: readonly Primitive[] = [
  {
    ...places('lock'),
    ...anyOlder,
    take: (etcd, _, options) => etcd.lock('recipes/lock', options),
    tryTake: (etcd, _, options) => etcd.tryLock('recipes/lock', options),
  },
  {
    ...places('election'),
    ...anyOlder,
    take: (etcd, _, options) => etcd.election('recipes/election').campaign('elected', options),
  },
  {
    ...places('semaphore'),
    among: permits,
    blocks: () => true,
    take: (etcd, _, options) => semaphore(etcd, 'recipes/semaphore', permits).acquire(options),
    tryTake: (etcd, _, options) =>
      semaphore(etcd, 'recipes/semaphore', permits).tryAcquire(options),
  },
  {
    ...places('rw'),
    among: 1,
    blocks: (older, key) => !key.includes('/read/') || older.includes('/write/'),
    take: (etcd, shared, options) => {
      const lock = rwLock(etcd, 'recipes/rw')
      return shared ? lock.read(options) : lock.write(options)
    },
    tryTake: (etcd, shared, options) => {
      const lock = rwLock(etcd, 'recipes/rw')
      return shared ? lock.tryRead(options) : lock.tryWrite(options)
    },
  },
]

/** A key in a queue, as it is ordered. */
export interface Place {
  readonly key: string
  /** The revision at which it came into being. */
  readonly fence: number
}

/** The older keys that a place has to wait for. */
export function blockersOf<P extends Place>(
  { blocks }: Primitive,
  place: Place,
  others: Iterable<P>,
): P[] {
  return [...others].filter((other) => other.fence < place.fence && blocks(other.key, place.key))
}
