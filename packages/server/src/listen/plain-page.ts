// A page of plain HTTP: what is asked, and what the answer is taken from.

import type { Dispatcher } from '../v3/dispatcher.ts'
import type { ServiceCore } from '../v3/service-core.ts'
import type { WatchService } from '../v3/watch.ts'

/** What a request asks for. */
export interface PlainRequest {
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

/** What the answers are taken from. */
export interface PlainSource {
  readonly core: ServiceCore
  readonly dispatcher: Dispatcher
  readonly watches: WatchService
}
