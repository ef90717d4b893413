// URLs of members, as etcd takes them.

import { refusal } from './status.ts'

/** The URLs in order. Throws `bad-member-urls` where there is none, or one that is none. Source: etcd `client/pkg/types/urls.go`. */
export function readPeerUrls(urls: readonly string[]): readonly string[] {
  if (urls.length === 0) throw refusal('bad-member-urls')
  return urls.map(readPeerUrl).sort()
}

const hostAndPort = /^(https?):\/\/(?:[^@/?#]*@)?(?:\[[^\]/?#]*\]|[^:/?#[\]]*):\d*(?:[?#].*)?$/
const unixPath = /^unixs?:\/\/[^?#]*$/

function readPeerUrl(text: string): string {
  const url = text.trim()
  if (!hostAndPort.test(url) && !unixPath.test(url)) throw refusal('bad-member-urls')
  return url
}
