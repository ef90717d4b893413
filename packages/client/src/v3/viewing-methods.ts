// The methods whose answers have keys and values by the thousand, read where they lie.

import { KV, Watch, withViews } from '@etcdkit/protocol'

/** `KV.range`, for entries. */
export const rangeMethod: typeof KV.range = /* @__PURE__ */ withViews(KV.range)

/** `KV.rangeStream`, for entries. */
export const rangeStreamMethod: typeof KV.rangeStream = /* @__PURE__ */ withViews(KV.rangeStream)

/** `Watch.watch`, for events. */
export const watchMethod: typeof Watch.watch = /* @__PURE__ */ withViews(Watch.watch)
