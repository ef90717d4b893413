// What a cluster is asked before it goes back a version. It takes down what it was told, and never does.

import {
  DowngradeAction,
  type DowngradeInfo,
  type DowngradeRequest,
  statusNumbers,
} from '@etcdkit/protocol'
import { refusal, StatusError } from './status.ts'
import { clusterVersion } from './version.ts'

/** A downgrade that may be under way. Source: etcd `server/etcdserver/v3_server.go`, Downgrade. */
export class Downgrade {
  #target: string | undefined

  /** As the status of the member tells it. */
  get info(): DowngradeInfo {
    return { enabled: this.#target !== undefined, targetVersion: this.#target ?? '' }
  }

  /**
   * Does what is asked; answers the version of the cluster. Throws `wrong-downgrade-version-format`,
   * `invalid-downgrade-target-version`, `downgrade-in-progress`, `no-downgrade-in-progress`.
   */
  handle({ action, version }: DowngradeRequest): string {
    if (action === DowngradeAction.CANCEL) {
      if (this.#target === undefined) throw refusal('no-downgrade-in-progress')
      this.#target = undefined
    } else if (action === DowngradeAction.VALIDATE || action === DowngradeAction.ENABLE) {
      const target = readTarget(version)
      if (this.#target !== undefined) throw refusal('downgrade-in-progress')
      if (action === DowngradeAction.ENABLE) this.#target = target
    } else {
      throw unknownAction
    }
    return clusterVersion
  }
}

const versionPattern = /^(\d+)\.(\d+)(?:\.\d+(?:-[\w.-]*)?(?:\+[\w.-]*)?)?$/

/** One minor version back is all that can be done; the patch does not count. */
function readTarget(text: string): string {
  const [, major, minor] = versionPattern.exec(text) ?? []
  if (major === undefined || minor === undefined) throw refusal('wrong-downgrade-version-format')
  const [ownMajor = 0, ownMinor = 0] = clusterVersion.split('.').map(Number)
  if (Number(major) !== ownMajor || Number(minor) !== ownMinor - 1) {
    throw refusal('invalid-downgrade-target-version')
  }
  return `${Number(major)}.${Number(minor)}.0`
}

const unknownAction = new StatusError({
  status: statusNumbers.unknown,
  message: 'etcdserver: unknown method',
})
