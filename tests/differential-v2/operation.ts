// What a sequence is made of: requests of the v2 API, with indices that are still to be told.

/** An index that depends on where the sequence starts, or on how far it has come. */
export interface Moment {
  readonly from: 'base' | 'now'
  readonly offset: number
}

/** A parameter: a name, and a value that is encoded as it is to be sent, or an index. */
export type Parameter = readonly [name: string, value: string | Moment]

/** Something a client does. */
export type Operation =
  | {
      readonly kind: 'request'
      readonly method: string
      /** Encoded, below `/v2/keys`. */
      readonly path: string
      readonly query: readonly Parameter[]
      readonly form: readonly Parameter[] | undefined
    }
  | { readonly kind: 'watch'; readonly path: string; readonly query: readonly Parameter[] }
  | { readonly kind: 'stats' }
  | {
      readonly kind: 'auth'
      readonly method: string
      /** Below `/v2/auth`. */
      readonly path: string
      readonly json: string | undefined
      readonly as: string | undefined
    }
  | {
      readonly kind: 'keys-as'
      readonly method: string
      readonly path: string
      readonly as: string | undefined
    }

/** Where moments are counted from. */
export interface Moments {
  readonly base: number
  readonly now: number
}

/** Parameters as they are sent. */
export function encodeParameters(parameters: readonly Parameter[], moments: Moments): string {
  return parameters
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : tell(value, moments)}`)
    .join('&')
}

/** Before all history, on servers that have written enough to forget. */
const forgotten = -1000

/** What was before the sequence is not the same on both servers: no index lies there, but for those that are forgotten. */
function tell({ from, offset }: Moment, moments: Moments): number {
  const index = moments[from] + offset
  return offset <= forgotten && index > 0 ? index : Math.max(moments.base + 1, index)
}
