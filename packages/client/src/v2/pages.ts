// Pages beside the API: the version.

import { isObject, parseJson } from '../transport/gateway/answer-status.ts'
import { notV2 } from './node.ts'
import type { V2Answer } from './v2-answer.ts'

/** What `/version` tells. */
export interface V2Version {
  /** The server's own: `3.5.30`. */
  readonly etcdserver: string
  /** What all members have agreed on: `3.5.0`; `undefined` before etcd 2.1. */
  readonly etcdcluster: string | undefined
}

/** Reads `/version`, which before etcd 2.1 is a text: `etcd 0.4.9`. */
export function readVersion(answer: V2Answer): V2Version {
  const json = parseJson(answer.text)
  if (isObject(json) && typeof json.etcdserver === 'string') {
    const { etcdserver, etcdcluster } = json
    return { etcdserver, etcdcluster: typeof etcdcluster === 'string' ? etcdcluster : undefined }
  }
  const version = /^etcd (\S+)\s*$/.exec(answer.text)?.[1]
  if (version === undefined) throw notV2(answer)
  return { etcdserver: version, etcdcluster: undefined }
}
