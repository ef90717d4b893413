// How fast the embedded server's store is, and how much memory it takes. Single figures of one run, on whatever is at hand.
// Run: node --expose-gc --import tsx --conditions=etcdkit-source bench/store.ts [--long]

import {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  SortOrder,
  TxnRequest,
  WatchCreateRequest,
} from '@etcdkit/protocol'
import { ManualClock } from '../packages/server/src/store/manual-clock.ts'
import { Store } from '../packages/server/src/store/store.ts'

const long = process.argv.includes('--long')
const scale = long ? 10 : 1

function open(): Store {
  return new Store({ clock: new ManualClock(), quotaBytes: -1 })
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A key of 21 bytes; neighbours in time are no neighbours in order. */
function keyOf(index: number, keys: number): Uint8Array {
  return bytes(`registry/pods/${String((index * 7919) % keys).padStart(7, '0')}`)
}

function print(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(52)} ${value}\n`)
}

/** Prints what a call takes, the best of some rounds. */
function measure(name: string, calls: number, run: (call: number) => unknown): void {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 4; round++) {
    const start = performance.now()
    for (let call = 0; call < calls; call++) run(call)
    best = Math.min(best, (performance.now() - start) / calls)
  }
  print(name, `${(best * 1000).toFixed(2).padStart(9)} us ${format(1000 / best).padStart(11)}/s`)
}

function format(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** Heap and external memory in MB, once what is garbage is gone. */
function memory(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / 1e6)
}

function puts(): void {
  for (const keys of [1000, 100_000]) {
    for (const size of [16, 100, 1000]) {
      const store = open()
      const value = new Uint8Array(size).fill(7)
      const requests = Array.from({ length: keys }, (_, index) =>
        PutRequest.create({ key: keyOf(index, keys), value }),
      )
      measure(`put, ${format(keys)} keys, values of ${size} B`, 100_000, (call) => {
        store.put(requests[call % keys] as PutRequest)
        if (call % 50_000 === 49_999) store.compact({ revision: store.revision, physical: true })
      })
    }
  }
}

function filled(keys: number): Store {
  const store = open()
  const value = new Uint8Array(32)
  for (let index = 0; index < keys; index++) {
    store.put(PutRequest.create({ key: keyOf(index, keys), value }))
  }
  return store
}

function reads(): void {
  const store = filled(100_000)
  const single = RangeRequest.create({ key: keyOf(500, 100_000) })
  measure('range, one key of 100,000', 200_000, () => store.range(single))
  const part = { key: bytes('registry/pods/003'), rangeEnd: bytes('registry/pods/004') }
  const cases: readonly [string, number, RangeRequest][] = [
    ['range, 10,000 keys', 50, RangeRequest.create(part)],
    ['range, 10 of 10,000 keys and the count', 5000, RangeRequest.create({ ...part, limit: 10 })],
    [
      'range, the last of 10,000 keys and the count',
      5000,
      RangeRequest.create({ ...part, limit: 1, sortOrder: SortOrder.DESCEND }),
    ],
    ['count of 10,000 keys', 5000, RangeRequest.create({ ...part, countOnly: true })],
  ]
  for (const [name, calls, request] of cases) measure(name, calls, () => store.range(request))
  const { revision } = store
  const request = PutRequest.create({ key: keyOf(0, 100_000) })
  for (let change = 0; change < 10_000; change++) store.put(request)
  const past = RangeRequest.create({ ...part, limit: 10, revision })
  measure('the same 10 of 10,000, 10,000 revisions ago', 5000, () => store.range(past))
  const old = RangeRequest.create({ key: keyOf(0, 100_000), revision: revision + 5000 })
  measure('one key, 5,000 versions ago', 50_000, () => store.range(old))
}

function writes(): void {
  const store = open()
  const value = new Uint8Array(32)
  const batch = TxnRequest.create({
    success: Array.from({ length: 100 }, (_, index) => ({
      requestPut: { key: keyOf(index, 100), value },
    })),
  })
  measure('txn of 100 puts', 1000, () => store.txn(batch))
  const key = bytes('a')
  const put = PutRequest.create({ key, value })
  const deletion = DeleteRangeRequest.create({ key })
  measure('put and delete', 50_000, () => {
    store.put(put)
    store.deleteRange(deletion)
  })
}

function watches(): void {
  for (const [name, count, range] of [
    ['1,000 watchers of other keys', 1000, false],
    ['1,000 watchers of other prefixes', 1000, true],
    ['no watcher', 0, false],
  ] as const) {
    const store = open()
    const stream = store.watch(() => true)
    for (let index = 0; index < count; index++) {
      const key = bytes(`watched/${index}/`)
      const rangeEnd = range ? bytes(`watched/${index}0`) : new Uint8Array(0)
      stream.create(WatchCreateRequest.create({ key, rangeEnd }))
    }
    const put = PutRequest.create({ key: bytes('watched'), value: new Uint8Array(16) })
    measure(`put beside ${name}`, 50_000, () => store.put(put))
  }
  const store = open()
  let events = 0
  const stream = store.watch((response) => {
    events += response.events.length
    return true
  })
  const all = { key: bytes('\0'), rangeEnd: bytes('\0') }
  for (let index = 0; index < 10; index++) stream.create(WatchCreateRequest.create(all))
  const put = PutRequest.create({ key: bytes('watched'), value: new Uint8Array(16) })
  measure('put that 10 watchers hear of', 50_000, () => store.put(put))
  print('events told', format(events))
}

function manyKeys(size: number): void {
  const keys = 1_000_000
  const before = memory()
  const store = open()
  const value = new Uint8Array(size).fill(7)
  const start = performance.now()
  for (let index = 0; index < keys; index++) {
    store.put(PutRequest.create({ key: keyOf(index, keys), value }))
  }
  const elapsed = performance.now() - start
  print(`a million keys with values of ${size} B, each put`, `${(elapsed / 1000).toFixed(2)} us`)
  print('  heap and external memory', `${memory() - before} MB`)
  const { count } = store.range(RangeRequest.create({ key: bytes('r'), countOnly: true }))
  if (count !== 0) throw new Error('the key r is not there')
}

function overwrites(): void {
  const keys = 10_000
  const rounds = 10
  const perRound = 100_000 * scale
  const store = open()
  const value = new Uint8Array(100).fill(7)
  const start = performance.now()
  let compacting = 0
  const seen: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < perRound; index++) {
      store.put(PutRequest.create({ key: keyOf(index, keys), value }))
      if (index % 50_000 !== 49_999) continue
      const from = performance.now()
      store.compact({ revision: store.revision, physical: true })
      compacting = Math.max(compacting, performance.now() - from)
    }
    seen.push(memory())
  }
  const elapsed = performance.now() - start
  print(
    `${format(rounds * perRound)} overwrites of 10,000 keys`,
    `${(elapsed / 1000).toFixed(1)} s`,
  )
  print('  longest compaction of 50,000 revisions', `${compacting.toFixed(1)} ms`)
  print('  heap and external memory on the way', `${seen.join(' ')} MB`)
}






if (long) for (const size of [16, 100]) manyKeys(size)
