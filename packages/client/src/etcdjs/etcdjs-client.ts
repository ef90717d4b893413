// A store with callbacks, as the npm package `etcdjs` has it: arguments, JSON, and when callbacks are called. What is sent
// to whom is for `requests.ts`, waits are for `wait.ts`.

import type { JsonObject } from '@etcdkit/protocol'
import { isObject } from '../transport/gateway/answer-status.ts'
import { notV2, objectOf } from '../v2/node.ts'
import { encodeFields, type Fields } from '../v2/verb-options.ts'
import { optionsAndCallback, tell } from './callbacks.ts'
import type {
  EtcdjsCallback,
  EtcdjsCondition,
  EtcdjsDeleteOptions,
  EtcdjsDestroy,
  EtcdjsGetOptions,
  EtcdjsOptions,
  EtcdjsPushOptions,
  EtcdjsPushResult,
  EtcdjsResult,
  EtcdjsSetOptions,
  EtcdjsWaitCallback,
} from './etcdjs-options.ts'
import { EtcdjsStats } from './etcdjs-stats.ts'
import { flag, formOf, parseValues, pathOf, textOf, waitOf } from './fields.ts'
import { hostsOf } from './hosts.ts'
import { type CreateHttp, Requests } from './requests.ts'
import { type Wait, type Waited, waitLong, waitOnce } from './wait.ts'

const defaultTimeoutMs = 60_000

interface Sent {
  readonly method: 'PUT' | 'POST' | 'DELETE'
  readonly key: string
  readonly fields: Fields
}

type ResultCallback<V> = EtcdjsCallback<EtcdjsResult<V>>

/** A store. Its verbs throw `TypeError` on what cannot be a key or a value; all else is told to their callbacks. */
export class EtcdjsClient {
  /** Counts of what the servers have done. */
  readonly stats: EtcdjsStats
  readonly #requests: Requests
  readonly #json: boolean

  /** Made by `etcdjs`. */
  constructor(
    host: string | readonly string[] | EtcdjsOptions | null | undefined,
    options: EtcdjsOptions | null | undefined,
    createHttp: CreateHttp,
  ) {
    const isList = typeof host === 'string' || Array.isArray(host)
    // `Array.isArray` does not narrow readonly arrays.
    const all = ((isList ? options : (host ?? options)) ?? {}) as EtcdjsOptions
    const hosts = hostsOf(isList ? (host as string | readonly string[]) : null, all)
    this.#json = Boolean(all.json)
    this.#requests = new Requests(hosts, all.timeout || defaultTimeoutMs, createHttp)
    this.stats = new EtcdjsStats(this.#requests)
    if (all.refresh || 'discovery' in hosts) this.autoRefresh()
  }

  /** Takes over the list of machines from the cluster every 30 seconds from now on. */
  autoRefresh(): void {
    this.#requests.refresh(() => this.#machines())
  }

  /** Reads a key, the root without one. A key that is missing has no result, and no error. */
  get<V = string>(
    key: string | ResultCallback<V>,
    options?: EtcdjsGetOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): EtcdjsDestroy {
    if (typeof key === 'function') return this.get('', null, key)
    const [given, told] = optionsAndCallback<EtcdjsGetOptions, ResultCallback<V>>(options, callback)
    const controller = new AbortController()
    const { signal } = controller
    const wait = waitOf(key, given, signal)
    const read = given.wait
      ? waitOnce(this.#requests, wait).then(({ body }) => body)
      : this.#read(wait, given)
    tell(
      read.then((body) => body && this.#resultOf<V>(body, given.json)),
      (error, result) => {
        if (!signal.aborted) told(error, result)
      },
    )
    return () => controller.abort()
  }

  /**
   * Waits for the next change of a key: `next` waits for the one after it, and misses none. A wait goes on over broken
   * connections and its time limit. Where etcd has forgotten changes (it keeps 1,000), what is there now is told as a
   * `get` in their place.
   */
  wait<V = string>(
    key: string,
    options?: EtcdjsGetOptions | EtcdjsWaitCallback<V> | null,
    callback?: EtcdjsWaitCallback<V>,
  ): EtcdjsDestroy {
    const [given, told] = optionsAndCallback<EtcdjsGetOptions, EtcdjsWaitCallback<V>>(
      options,
      callback,
    )
    const controller = new AbortController()
    const { signal } = controller
    const nextFrom =
      (waitIndex: EtcdjsGetOptions['waitIndex']) =>
      (then: EtcdjsWaitCallback<V>): EtcdjsDestroy =>
        this.wait(key, { ...given, waitIndex }, then)
    const waited = waitLong(this.#requests, waitOf(key, given, signal)).then((each: Waited) => ({
      result: this.#resultOf<V>(each.body, given.json),
      next: nextFrom(each.nextIndex),
    }))
    tell(waited, (error, change) => {
      if (signal.aborted) return
      if (change === undefined) told(error, null, nextFrom(given.waitIndex))
      else told(null, change.result, change.next)
    })
    return () => controller.abort()
  }

  /** Writes a key. */
  set<V = string>(
    key: string,
    value: unknown,
    options?: EtcdjsSetOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    const [given, told] = optionsAndCallback<EtcdjsSetOptions, ResultCallback<V>>(options, callback)
    const fields = {
      // etcd takes a directory with a value for a mistake.
      value: given.dir ? undefined : textOf(value, this.#json || Boolean(given.json)),
      ttl: given.ttl ?? undefined,
      dir: flag(given.dir),
      ...this.#condition(given),
    }
    this.#send({ method: 'PUT', key, fields }, told)
  }

  /** Writes a key that exists; else the error is 100. */
  update<V = string>(
    key: string,
    value: unknown,
    options?: EtcdjsSetOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    const [given, told] = optionsAndCallback<EtcdjsSetOptions, ResultCallback<V>>(options, callback)
    this.set(key, value, { ...given, prevExist: true }, told)
  }

  /** Writes a key whose value is `prevValue`; else the error is 101. */
  compareAndSwap<V = string>(
    key: string,
    value: unknown,
    prevValue: unknown,
    options?: EtcdjsSetOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    const [given, told] = optionsAndCallback<EtcdjsSetOptions, ResultCallback<V>>(options, callback)
    this.set(key, value, { ...given, prevValue }, told)
  }

  /** Deletes a key. */
  del<V = string>(
    key: string | ResultCallback<V>,
    options?: EtcdjsDeleteOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    if (typeof key === 'function') {
      this.del('', null, key)
      return
    }
    const [given, told] = optionsAndCallback<EtcdjsDeleteOptions, ResultCallback<V>>(
      options,
      callback,
    )
    const fields = { recursive: flag(given.recursive), dir: flag(given.dir) }
    this.#send({ method: 'DELETE', key, fields: { ...this.#condition(given), ...fields } }, told)
  }

  /** Deletes a key: `del` by its other name. */
  delete<V = string>(
    key: string | ResultCallback<V>,
    options?: EtcdjsDeleteOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    this.del(key, options, callback)
  }

  /** Deletes a key whose value is `prevValue`; else the error is 101. */
  compareAndDelete<V = string>(
    key: string,
    prevValue: unknown,
    options?: EtcdjsDeleteOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    const [given, told] = optionsAndCallback<EtcdjsDeleteOptions, ResultCallback<V>>(
      options,
      callback,
    )
    this.del(key, { ...given, prevValue }, told)
  }

  /** Writes a new key in a directory, after all others made so. */
  push<V = string>(
    key: string,
    value: unknown,
    options?: EtcdjsPushOptions | EtcdjsCallback<EtcdjsPushResult<V>> | null,
    callback?: EtcdjsCallback<EtcdjsPushResult<V>>,
  ): void {
    const [given, told] = optionsAndCallback<
      EtcdjsPushOptions,
      EtcdjsCallback<EtcdjsPushResult<V>>
    >(options, callback)
    const fields = { value: textOf(value, this.#json), ttl: given.ttl ?? undefined }
    this.#send<V>({ method: 'POST', key, fields }, (error, result) =>
      result === undefined ? told(error) : told(null, { ...result, key: String(result.node.key) }),
    )
  }

  /** Makes a directory. */
  mkdir<V = string>(
    key: string,
    options?: EtcdjsSetOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    const [given, told] = optionsAndCallback<EtcdjsSetOptions, ResultCallback<V>>(options, callback)
    this.set(key, null, { ...given, dir: true }, told)
  }

  /** Deletes a directory that is empty; `recursive`: with everything in it. */
  rmdir<V = string>(
    key: string,
    options?: EtcdjsDeleteOptions | ResultCallback<V> | null,
    callback?: ResultCallback<V>,
  ): void {
    const [given, told] = optionsAndCallback<EtcdjsDeleteOptions, ResultCallback<V>>(
      options,
      callback,
    )
    this.del(key, { ...given, dir: true }, told)
  }

  /** The client URLs of all machines of the cluster. */
  machines(callback?: EtcdjsCallback<string[]>): void {
    tell(this.#machines(), callback)
  }

  /** What the leader tells of itself and its followers, as the JSON text it is sent as. */
  leader(callback?: EtcdjsCallback<string>): void {
    tell(
      this.#requests.leader().then(({ text }) => text),
      callback,
    )
  }

  /** Ends every request with the error `store destroyed`, as every later one. */
  destroy(): void {
    this.#requests.destroy()
  }

  async #read(
    { path, fields, signal }: Wait,
    { consistent }: EtcdjsGetOptions,
  ): Promise<JsonObject | undefined> {
    const isConsistent = flag(consistent)
    const query = encodeFields({ ...fields, quorum: isConsistent })
    const answer = await this.#requests.get({
      method: 'GET',
      path: query === '' ? path : `${path}?${query}`,
      needsLeader: isConsistent,
      signal,
    })
    return answer.status === 404 ? undefined : objectOf(answer)
  }

  #send<V>({ method, key, fields }: Sent, callback: ResultCallback<V>): void {
    const form = formOf(fields)
    const isDelete = method === 'DELETE'
    const path = isDelete && form !== '' ? `${pathOf(key)}?${form}` : pathOf(key)
    const body = isDelete ? undefined : form
    const sent = this.#requests.send({ method, path, body }).then((answer) => {
      const json = objectOf(answer)
      if (!isObject(json.node)) throw notV2(answer)
      return this.#resultOf<V>(json, false)
    })
    tell(sent, callback)
  }

  #condition({ prevExist, prevValue, prevIndex }: EtcdjsCondition): Fields {
    return {
      prevExist: prevExist ?? undefined,
      prevValue: prevValue === undefined ? undefined : textOf(prevValue, this.#json),
      prevIndex: prevIndex ?? undefined,
    }
  }

  // `json`: parse values for this request, if not for all.
  #resultOf<V>(body: JsonObject, json: boolean | undefined): EtcdjsResult<V> {
    if (this.#json || json) parseValues(body.node)
    // etcd's words are those of the type.
    return body as unknown as EtcdjsResult<V>
  }

  async #machines(): Promise<string[]> {
    const { text } = await this.#requests.send({ method: 'GET', path: '/v2/machines' })
    const machines = text
      .trim()
      .split(/\s*,\s*/)
      .filter((url) => url !== '')
    if (this.#requests.isRefreshing && machines.length > 0) this.#requests.setHosts(machines)
    return machines
  }
}
