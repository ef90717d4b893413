// What tests need that run Go programs.

import { Etcd } from 'etcdkit'
import { findGo, missingGoReason } from '../../../tools/go/find.ts'
import type { RunningEtcd } from '../../support/etcd-server.ts'
import type { Requirement } from '../../support/suites.ts'

/** Go, with etcd's client. */
export function goRequirement(): Requirement {
  const version = findGo()?.version
  const availability =
    version === undefined
      ? ({ state: 'missing', reason: missingGoReason } as const)
      : ({ state: 'available', version } as const)
  return { name: 'Go', availability }
}

/** A client of a server that Go programs work with as well. */
export function connectTo({ endpoints }: RunningEtcd): Etcd {
  return new Etcd({ endpoints })
}
