// Everything that is held under a lease and waited for, each as the same two questions.

import { type CoordinatedClient, rwLock, type Session, semaphore } from 'etcdkit'

/** What somebody has. */
export interface Holding {
  readonly signal: AbortSignal
  release(): Promise<void>
}

/** How to wait. */
export interface HoldingOptions {
  readonly session?: Session | undefined
  readonly signal?: AbortSignal | undefined
  readonly ttlSeconds?: number | undefined
}

/** Something of which one holder keeps the next waiting. */
export interface HoldingKind {
  readonly name: string
  take(etcd: CoordinatedClient, options?: HoldingOptions): Promise<Holding>
  /** Takes what `take` of another has to wait for. */
  block(etcd: CoordinatedClient, options?: HoldingOptions): Promise<Holding>
}

const same = (take: HoldingKind['take']): Pick<HoldingKind, 'take' | 'block'> => ({
  take,
  block: take,
})

/** All kinds. Their keys are below `a`. */
export const holdingKinds: readonly HoldingKind[] = [
  { name: 'lock', ...same((etcd, options) => etcd.lock('a', options)) },
  { name: 'election', ...same((etcd, options) => etcd.election('a').campaign('x', options)) },
  {
    name: 'semaphore',
    ...same((etcd, options) => semaphore(etcd, 'a', 1).acquire(options)),
  },
  {
    name: 'rwLock, a writer after a reader',
    block: (etcd, options) => rwLock(etcd, 'a').read(options),
    take: (etcd, options) => rwLock(etcd, 'a').write(options),
  },
  {
    name: 'rwLock, a reader after a writer',
    block: (etcd, options) => rwLock(etcd, 'a').write(options),
    take: (etcd, options) => rwLock(etcd, 'a').read(options),
  },
]
