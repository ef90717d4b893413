// Types of watches: what a resync brings is there where it was asked for, and nowhere else. Compiled, never run.

import { Etcd, everything, type Resync, type Watch, type WatchEvent } from 'etcdkit'
import type { Equal } from './equal.ts'

const etcd = new Etcd()

const plain = etcd.watch(everything, { from: 1 })
export const isPlain: Equal<typeof plain, Watch<string>> = true

const resyncing = etcd.watch(everything, { from: 1, resync: true })
export const isResyncing: Equal<typeof resyncing, Watch<string, Resync<string>>> = true

// Known at run time only: it may.
const perhaps = etcd.watch(everything, { resync: Math.random() > 0.5 })
export const mayResync: Equal<typeof perhaps, Watch<string, Resync<string>>> = true

/** Exhaustive without the resync. */
export function show(event: WatchEvent<string>): string {
  switch (event.type) {
    case 'put':
      return event.value
    case 'delete':
      return event.key
  }
}

for await (const event of plain) show(event)

for await (const event of resyncing) {
  // @ts-expect-error a resync is no change
  show(event)
  if (event.type === 'resync') for (const { key, value } of event.entries) console.log(key, value)
  else show(event)
}

for await (const batch of resyncing.batches()) {
  if (batch.kind === 'resync') console.log(batch.entries.length, batch.compactRevision)
  else for (const event of batch.events) show(event)
}

for await (const batch of plain.batches()) {
  // @ts-expect-error nobody asked for it
  if (batch.kind === 'resync') console.log(batch)
}

// @ts-expect-error the limit is one of resyncs
etcd.watch(everything, { maxResyncBytes: 5 })
