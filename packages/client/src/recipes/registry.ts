// Service registration and discovery, in the layout of Go's naming package.

import { EtcdError } from '@etcdkit/protocol'
import { json } from '../v3/codec.ts'
import type { Entry } from '../v3/entry.ts'
import { failure } from '../v3/failure.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { op } from '../v3/op.ts'
import {
  assertOptions,
  type ReadOptions,
  type WriteOptions,
  writeOptionNames,
} from '../v3/options.ts'
import { everything } from '../v3/range.ts'
import { Bounds } from './bounds.ts'
import { Follower } from './follow.ts'
import { Held } from './held.ts'
import { type AnyKeyspace, checkName } from './recipe-keys.ts'
import { assertWaitOptions, checked } from './recipe-options.ts'
import type { Session } from './session.ts'
import type { HoldOptions } from './take-seat.ts'
import { underSession } from './under-session.ts'

/** Where an instance of a service is. */
export interface ServiceEndpoint {
  /** Its address, such as `10.0.0.1:8080`. */
  readonly address: string
  /** Whatever else there is to know of it: plain JSON. */
  readonly metadata?: unknown
}

/** An instance that is registered. */
export interface RegisteredEndpoint extends ServiceEndpoint {
  /** Its name within the service. */
  readonly id: string
}

/** What happened to the instances of a service. */
export interface RegistryUpdate {
  readonly type: 'add' | 'delete'
  readonly id: string
  /** Of a delete: where it was, if that was told before. */
  readonly endpoint: ServiceEndpoint | undefined
}

/** The instances of a service as they are after `updates`. */
export interface RegistryStep {
  readonly updates: readonly RegistryUpdate[]
  readonly endpoints: ReadonlyMap<string, ServiceEndpoint>
  readonly revision: number
}

/** What Go's package stores: `Op` is 0 for all that is stored. */
interface StoredUpdate {
  readonly Op: number
  readonly Addr: string
  readonly Metadata?: unknown
}

/** An instance of a service, registered until it is given back or its lease ends. */
export class Registration extends Held {
  readonly id: string

  /** @internal */
  constructor(id: string, session: Session, give: () => Promise<void>) {
    super(`the registration ${JSON.stringify(id)}`, session.lease, give)
    this.id = id
  }
}

/**
 * The instances of a service, under `service/<id>` as Go's `naming/endpoints` has them, so that Go's resolvers find
 * what is registered here, and the other way round. Made by `registry`.
 *
 * @example
 * ```ts
 * import { Etcd, registry } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const web = registry(etcd, 'services/web')
 * await using registration = await web.register('host-1', { address: '10.0.0.1:8080' })
 * for (const { id, address } of await web.list()) console.log(id, address)
 * ```
 */
export class Registry {
  readonly service: string
  readonly #keys: AnyKeyspace
  readonly #endpoints: Keyspace<StoredUpdate>

  /** See `registry`. @internal */
  constructor(keys: AnyKeyspace, service: string) {
    this.service = checked('open a registry', () => checkName(service))
    this.#keys = keys
    this.#endpoints = keys.keyspace(`${service}/`, json<StoredUpdate>())
  }

  /** Registers an instance for as long as it lives; whatever had the name before is replaced. */
  async register(
    id: string,
    endpoint: ServiceEndpoint,
    options: HoldOptions = {},
  ): Promise<Registration> {
    const action = `register ${JSON.stringify(id)}`
    const stored = checked(action, () => {
      assertWaitOptions(options, 'ttlSeconds', 'session')
      return storedUpdate(id, endpoint)
    })
    const { signal, timeoutMs } = options
    return underSession({ keys: this.#keys, options, signal }, async (session, isOwn) => {
      try {
        const put = { lease: session.lease, signal, timeoutMs, repeatable: true }
        await this.#endpoints.put(id, stored, put)
      } catch (error) {
        throw failure(action, error)
      }
      const give = (): Promise<void> => (isOwn ? session.close() : this.#remove(id))
      return new Registration(id, session, give)
    })
  }

  /** The instances there are, by name. */
  async list(options?: ReadOptions): Promise<readonly RegisteredEndpoint[]> {
    const { entries } = await this.#endpoints.list(everything, options)
    return entries.map((entry) => ({ id: entry.key, ...endpointOf(entry) }))
  }

  /**
   * Adds and deletes many instances in one transaction, without a lease. `undefined` deletes.
   *
   * @example
   * ```ts
   * import { Etcd, registry } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const web = registry(etcd, 'services/web')
   * await web.update({ 'host-1': { address: '10.0.0.1:8080' }, 'host-2': undefined })
   * ```
   */
  async update(
    changes: Readonly<Record<string, ServiceEndpoint | undefined>>,
    options: WriteOptions = {},
  ): Promise<void> {
    const action = `update the registry ${JSON.stringify(this.service)}`
    const then = checked(action, () => {
      assertOptions(options, writeOptionNames())
      return Object.entries(changes).map(([id, endpoint]) =>
        endpoint === undefined ? op.delete(id) : op.put(id, storedUpdate(id, endpoint)),
      )
    })
    try {
      await this.#endpoints.txn({ then }, options)
    } catch (error) {
      throw failure(action, error)
    }
  }

  /**
   * The instances as they are, and then every change, with the whole of them after it. It goes on across outages until
   * the loop is left or `signal` aborts, which it then throws. What cannot be read is left out.
   *
   * @example
   * ```ts
   * import { Etcd, registry } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * for await (const { endpoints } of registry(etcd, 'services/web').watch()) {
   *   console.log([...endpoints.values()].map(({ address }) => address))
   * }
   * ```
   */
  async *watch(
    options: Pick<ReadOptions, 'signal'> = {},
  ): AsyncGenerator<RegistryStep, void, undefined> {
    const bounds = new Bounds(this.#keys.clock, options)
    const known = new Map<string, ServiceEndpoint>()
    try {
      const follower = new Follower(this.#endpoints, everything, { signal: bounds.signal })
      for await (const step of follower) {
        if (step.kind === 'progress') continue
        const updates: RegistryUpdate[] = []
        if (step.kind === 'state') replace(known, step.entries, updates)
        else for (const { key, entry } of step.events) set(known, key, { entry, updates })
        yield { updates, endpoints: new Map(known), revision: step.revision }
      }
    } finally {
      bounds.release()
    }
  }

  async #remove(id: string): Promise<void> {
    await this.#endpoints.delete(id, { repeatable: true })
  }
}

function storedUpdate(id: string, { address, metadata }: ServiceEndpoint): StoredUpdate {
  checkName(id)
  if (typeof address !== 'string' || address === '') {
    throw new TypeError('the address is a text that is not empty')
  }
  return { Op: 0, Addr: address, ...(metadata !== undefined && { Metadata: metadata }) }
}

function endpointOf(entry: Entry<StoredUpdate>): ServiceEndpoint {
  const { Addr, Metadata } = entry.value
  if (typeof Addr !== 'string') {
    throw new EtcdError(`Cannot read the instance ${JSON.stringify(entry.key)}: it has no Addr`, {
      code: 'decode-failed',
    })
  }
  const metadata = Metadata ?? undefined
  return metadata === undefined ? { address: Addr } : { address: Addr, metadata }
}

interface Setting {
  readonly entry: Entry<StoredUpdate> | undefined
  readonly updates: RegistryUpdate[]
}

function set(known: Map<string, ServiceEndpoint>, id: string, { entry, updates }: Setting): void {
  if (entry === undefined) {
    updates.push({ type: 'delete', id, endpoint: known.get(id) })
    known.delete(id)
    return
  }
  const endpoint = readable(entry)
  if (endpoint === undefined) return
  known.set(id, endpoint)
  updates.push({ type: 'add', id, endpoint })
}

function replace(
  known: Map<string, ServiceEndpoint>,
  entries: readonly Entry<StoredUpdate>[],
  updates: RegistryUpdate[],
): void {
  const present = new Set(entries.map(({ key }) => key))
  for (const id of [...known.keys()]) {
    if (!present.has(id)) set(known, id, { entry: undefined, updates })
  }
  for (const entry of entries) {
    const before = JSON.stringify(known.get(entry.key))
    if (JSON.stringify(readable(entry)) !== before) set(known, entry.key, { entry, updates })
  }
}

// Whoever follows a service is not to fail for one instance that says nonsense.
function readable(entry: Entry<StoredUpdate>): ServiceEndpoint | undefined {
  try {
    return endpointOf(entry)
  } catch {
    return undefined
  }
}

/**
 * The registry of a service among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { Etcd, registry } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * console.log(await registry(etcd, 'services/web').list())
 * ```
 */
export function registry(keys: AnyKeyspace, service: string): Registry {
  return new Registry(keys, service)
}
