// Notes what goes through a door, so that it can be told as code.

import type { MessageInit, MessageStream, Method, StreamMethod } from '@etcdkit/protocol'
import type { Caller, Door } from './door.ts'

/** Something that went through. Streams are told by the order of their opening. */
export type Action =
  | {
      readonly kind: 'call'
      readonly method: Method
      readonly message: object
      readonly user: string | undefined
    }
  | {
      readonly kind: 'open'
      readonly stream: number
      readonly method: Method
      readonly user: string | undefined
    }
  | { readonly kind: 'send'; readonly stream: number; readonly message: object }
  | { readonly kind: 'end' | 'cancel'; readonly stream: number }

/** A door that notes all that goes through another. */
export class Recorder implements Door {
  readonly #door: Door
  #actions: Action[] = []
  #streams = 0

  constructor(door: Door) {
    this.#door = door
  }

  /** What went through since this was last asked. */
  take(): readonly Action[] {
    const actions = this.#actions
    this.#actions = []
    return actions
  }

  call: Door['call'] = (method, message, caller) => {
    this.#actions.push({ kind: 'call', method, message, user: caller?.user })
    return this.#door.call(method, message, caller)
  }

  close(): Promise<void> {
    return this.#door.close()
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    caller?: Caller,
  ): MessageStream<I, O> {
    const inner = this.#door.stream(method, caller)
    const stream = this.#streams++
    const note = (action: Action): void => void this.#actions.push(action)
    note({ kind: 'open', stream, method, user: caller?.user })
    return {
      send(message: MessageInit<I>) {
        note({ kind: 'send', stream, message })
        inner.send(message)
      },
      end() {
        note({ kind: 'end', stream })
        inner.end()
      },
      cancel(reason) {
        note({ kind: 'cancel', stream })
        inner.cancel(reason)
      },
      [Symbol.asyncIterator]: () => inner[Symbol.asyncIterator](),
    }
  }
}
