// Going back to the version before. Servers before 3.5 do not have it.

import {
  DowngradeAction,
  Maintenance as MaintenanceService,
  type Transport,
} from '@etcdkit/protocol'
import { onlyReads } from '../call-defaults.ts'
import type { ReadOptions, WriteOptions } from '../options.ts'
import { assertName, callService, describeName, readNames, writeNames } from '../service-call.ts'

/** What came of it. */
export interface DowngradeResult {
  /** The version of the cluster as it is now, such as `3.6.0`. */
  readonly clusterVersion: string
}

/**
 * Prepares the cluster for members of the minor version before.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await etcd.maintenance.downgrade.validate('3.5.0')
 * await etcd.maintenance.downgrade.enable('3.5.0')
 * ```
 */
export class Downgrade {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Tells whether it could be done: rejects with `invalid-downgrade-target-version` unless to the minor version before. */
  validate(version: string, options?: ReadOptions): Promise<DowngradeResult> {
    return this.#do({ action: DowngradeAction.VALIDATE, verb: 'validate' }, version, options)
  }

  /** Sets out: from now on the members may be replaced by ones of that version, one at a time. */
  enable(version: string, options?: WriteOptions): Promise<DowngradeResult> {
    return this.#do({ action: DowngradeAction.ENABLE, verb: 'enable' }, version, options)
  }

  /** Turns back. Rejects with `no-downgrade-in-progress` if there is nothing to turn back from. */
  cancel(options?: WriteOptions): Promise<DowngradeResult> {
    return callService(this.#transport, MaintenanceService.downgrade, {
      action: 'cancel the downgrade',
      options,
      names: writeNames,
      request: () => ({ action: DowngradeAction.CANCEL }),
      result: ({ version }) => ({ clusterVersion: version }),
    })
  }

  #do(
    { action, verb }: { readonly action: DowngradeAction; readonly verb: string },
    version: string,
    options: ReadOptions | undefined,
  ): Promise<DowngradeResult> {
    const validates = action === DowngradeAction.VALIDATE
    return callService(this.#transport, MaintenanceService.downgrade, {
      action: `${verb} the downgrade to ${describeName(version)}`,
      options,
      names: validates ? readNames : writeNames,
      ...(validates && { defaults: onlyReads }),
      request: () => {
        assertName(version, 'the version')
        return { action, version }
      },
      result: (response) => ({ clusterVersion: response.version }),
    })
  }
}
