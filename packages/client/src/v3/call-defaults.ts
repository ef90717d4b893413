// What goes for a call unless its caller's options say otherwise.

import type { CallOptions } from '@etcdkit/protocol'

/** For calls that take as long as they take: no limit, unless the caller gives one. */
export const noLimit: CallOptions = { timeoutMs: 0 }

/** For calls that change nothing, whatever the method table has them as. */
export const onlyReads: CallOptions = { repeatable: true }

/** The options of a call, with what goes unless they say otherwise. */
export function withDefaults(
  options: CallOptions | undefined,
  defaults: CallOptions | undefined,
): CallOptions | undefined {
  if (defaults === undefined) return options
  if (options === undefined) return defaults
  const timeoutMs = options.timeoutMs ?? defaults.timeoutMs
  const repeatable = options.repeatable ?? defaults.repeatable
  return { ...options, timeoutMs, repeatable }
}
