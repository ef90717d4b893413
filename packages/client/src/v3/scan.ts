// Reads a range of any size, entry by entry, all at one revision.

import type { Transport } from '@etcdkit/protocol'
import { Entry, type EntryScope } from './entry.ts'
import { describeTarget, failure, inputFailure } from './failure.ts'
import type { Key, KeyRange } from './key.ts'
import type { ScanOptions } from './kv-options.ts'
import { assertInteger, assertOptions, readOptionNames } from './options.ts'
import { planRange } from './range-plan.ts'
import { type RangePlan, readRange } from './range-reader.ts'
import type { Scope } from './scope.ts'

const scanNames = /* @__PURE__ */ readOptionNames(
  ...['pageSize', 'order', 'revision', 'serializable', 'keysOnly'],
  ...['minModRevision', 'maxModRevision', 'minCreateRevision', 'maxCreateRevision'],
)

/** The entries of a range, a piece at a time. */
export async function* scan<V>(
  transport: Transport,
  scope: Scope<unknown, never>,
  entryScope: EntryScope<V>,
  target: Key | KeyRange,
  options: ScanOptions = {},
): AsyncGenerator<Entry<V>, void, undefined> {
  const plan = planScan(scope, target, options)
  const pieces = readRange(transport, plan, () => options)
  try {
    for await (const { kvs } of pieces) for (const kv of kvs) yield new Entry(kv, entryScope)
  } catch (error) {
    throw failure(`scan ${describeTarget(target)}`, error)
  }
}

function planScan(
  scope: Scope<unknown, never>,
  target: Key | KeyRange,
  options: ScanOptions,
): RangePlan {
  try {
    assertOptions(options, scanNames)
    assertInteger(options.pageSize, 'pageSize', 1)
    assertInteger(options.revision, 'revision')
    return planRange(scope, target, options)
  } catch (error) {
    throw inputFailure(`scan ${describeTarget(target)}`, error)
  }
}
