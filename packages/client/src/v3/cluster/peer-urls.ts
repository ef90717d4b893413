// The URLs under which members reach each other, checked as etcd's own client checks them.

import { quoteText } from '../bytes.ts'
import { typeName } from '../key.ts'

const network = /^https?:\/\/(?:\[[0-9A-Fa-f:.]+(?:%[^\]\s]+)?\]|[^\s/?#@:[\]]+):(\d{1,5})$/
const socket = /^unixs?:\/\/\S+$/

/**
 * The URLs, sorted as etcd keeps them. Throws `TypeError` unless each is `http` or `https` with a host and a port and
 * nothing behind them, or `unix` or `unixs`, and there is one at least.
 *
 * Source: etcd `client/pkg/types/urls.go`, `NewURLs`.
 */
export function checkPeerUrls(urls: readonly string[]): readonly string[] {
  if (!Array.isArray(urls)) throw new TypeError(`peerUrls is an array, not ${typeName(urls)}`)
  if (urls.length === 0) throw new TypeError('peerUrls is empty')
  return urls.map(checkPeerUrl).sort()
}

function checkPeerUrl(url: unknown): string {
  if (typeof url !== 'string') throw new TypeError(`a URL is a string, not ${typeName(url)}`)
  const trimmed = url.trim()
  if (socket.test(trimmed)) return trimmed
  const port = network.exec(trimmed)?.[1]
  if (port === undefined || Number(port) > 65_535) {
    throw new TypeError(`a peer URL is like http://10.0.0.1:2380, not ${quoteText(url)}`)
  }
  return trimmed
}
