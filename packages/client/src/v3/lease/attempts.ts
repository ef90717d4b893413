// Sends a request until it is answered, and keeps in mind whether an answer was lost on the way.

import { EtcdError, type MessageInit, type UnaryMethod } from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import { isTransient } from '../failure.ts'
import type { ReadOptions } from '../options.ts'
import { Deadline, type LeaseContext } from './lease-context.ts'

/**
 * The attempts to have one request answered.
 *
 * For requests that may be repeated, but where the answer to a repeated one reads differently: "already exists" to a
 * grant, "not found" to a revoke. A transport that repeats them by itself hides which it was.
 */
export class Attempts {
  readonly #context: LeaseContext
  readonly #options: ReadOptions
  readonly #deadline: Deadline
  readonly #backoff = new Backoff()
  #lostAt: number | undefined = undefined

  constructor(context: LeaseContext, options: ReadOptions) {
    this.#context = context
    this.#options = options
    this.#deadline = new Deadline(context.clock, options.timeoutMs ?? context.timeoutMs)
  }

  /** When the request was first sent of which the answer was lost; `undefined` if none was. */
  get lostAt(): number | undefined {
    return this.#lostAt
  }

  /** What was lost is of no interest any more: the next request is another. */
  forget(): void {
    this.#lostAt = undefined
  }

  /** Sends `request`, again after every lost answer while there is time. */
  async send<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
  ): Promise<O> {
    const { signal, headers, requireLeader, endpoint } = this.#options
    for (;;) {
      const sentAt = this.#context.clock.now()
      try {
        // A limit of 0 would be none.
        const timeoutMs = Math.max(1, this.#deadline.leftMs)
        const call = { signal, headers, requireLeader, endpoint, timeoutMs }
        return await this.#context.transport.unary(onlyOnce(method), request, call)
      } catch (error) {
        const lost = error instanceof EtcdError && error.outcome === 'unknown'
        if (lost) this.#lostAt ??= sentAt
        if (!lost || !isTransient(error) || this.#deadline.leftMs <= 0) throw error
        await this.#deadline.pause(this.#backoff.next(), signal)
      }
    }
  }
}

// A method is known to transports by its identity, so there is one of each.
const variants = /* @__PURE__ */ new WeakMap<object, object>()

/** The method as one that transports do not repeat by themselves. */
function onlyOnce<I extends object, O extends object>(
  method: UnaryMethod<I, O>,
): UnaryMethod<I, O> {
  const known = variants.get(method)
  // It was made of this very method.
  if (known !== undefined) return known as UnaryMethod<I, O>
  const variant: UnaryMethod<I, O> = { ...method, retry: 'non-repeatable' }
  variants.set(method, variant)
  return variant
}
