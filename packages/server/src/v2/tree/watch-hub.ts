// All watches that wait, by the path they watch, and who of them is told what.

import { isHiddenFrom, type V2Event } from './event.ts'
import { EventHistory } from './history.ts'
import { Watcher, type WatchOptions } from './watcher.ts'

/** The watches of a store. Source: etcd `server/etcdserver/api/v2store/watcher_hub.go`. */
export class WatchHub {
  readonly #history = new EventHistory()
  readonly #watchers = new Map<string, Set<Watcher>>()
  #count = 0

  /** Number of watches that wait. */
  get count(): number {
    return this.#count
  }

  /** Begins a watch. One that finds its event in the past is given that one, and waits for no other. */
  watch(options: WatchOptions, index: number): Watcher {
    const past = this.#history.find(options, options.since)
    if (past !== undefined) {
      const told = new Watcher(options, index)
      told.tell(past)
      return told
    }
    const watcher = new Watcher(options, index, (ended) => this.#remove(ended))
    const others = this.#watchers.get(options.path)
    if (others === undefined) this.#watchers.set(options.path, new Set([watcher]))
    else others.add(watcher)
    this.#count += 1
    return watcher
  }

  /** Notes an event, and tells it to who watches its path or, recursively, one above it. */
  publish(event: V2Event): void {
    this.#history.add(event)
    if (event.isRefresh) return
    const { key } = event.node
    this.#tell(event, '/', false)
    for (let end = key.indexOf('/', 1); end !== -1; end = key.indexOf('/', end + 1)) {
      this.#tell(event, key.slice(0, end), false)
    }
    this.#tell(event, key, false)
  }

  /** Tells who watches `path` that it went with the node of the event. */
  publishRemoval(event: V2Event, path: string): void {
    this.#tell(event, path, true)
  }

  /** Ends every watch. */
  close(): void {
    for (const watchers of [...this.#watchers.values()]) {
      for (const watcher of [...watchers]) watcher.close()
    }
  }

  #tell(event: V2Event, path: string, isRemoved: boolean): void {
    const watchers = this.#watchers.get(path)
    if (watchers === undefined) return
    const isOwn = event.node.key === path
    if (!isOwn && isHiddenFrom(path, event.node.key)) return
    for (const watcher of [...watchers]) {
      const { isRecursive, isStream, since } = watcher.options
      const isMeant = isRecursive || isOwn || isRemoved
      if (!isMeant || event.node.modifiedIndex < since) continue
      if (!isStream) this.#remove(watcher)
      watcher.tell(event)
    }
  }

  #remove(watcher: Watcher): void {
    const { path } = watcher.options
    const watchers = this.#watchers.get(path)
    if (!watchers?.delete(watcher)) return
    this.#count -= 1
    if (watchers.size === 0) this.#watchers.delete(path)
  }
}
