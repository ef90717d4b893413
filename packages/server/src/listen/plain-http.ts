// The plain HTTP face: version, health and metrics, as answers to a method and a URL.

import { type Answer, jsonHeaders, methodNotAllowed, notFound } from '../http/answer.ts'
import { clusterVersion, serverVersion } from '../v3/version.ts'
import { renderMetrics } from './metrics.ts'
import type { PlainRequest, PlainSource } from './plain-page.ts'
import { healthAnswer, probeAnswer } from './probes.ts'

/** Answers a request of `path`. Source: etcd `server/etcdserver/api/etcdhttp`. */
export function answerPlain(source: PlainSource, { method, path, query }: PlainRequest): Answer {
  const page = path === '/metrics' ? metricsPage : findPage(path)
  if (page === undefined) return notFound
  if (method !== 'GET' && page !== metricsPage) return methodNotAllowed('GET')
  return page(source, path, query)
}

type Page = (source: PlainSource, path: string, query: URLSearchParams) => Answer

function findPage(path: string): Page | undefined {
  if (path === '/version') return versionPage
  if (path === '/health') return ({ core }, _, query) => healthAnswer(core, query)
  if (/^\/(?:livez|readyz)(?:\/|$)/.test(path)) {
    return ({ core }, _, query) => probeAnswer(core, path, query) ?? notFound
  }
  return undefined
}

const versionPage: Page = () => ({
  status: 200,
  headers: jsonHeaders,
  body: JSON.stringify({
    etcdserver: serverVersion,
    etcdcluster: clusterVersion,
    storage: clusterVersion,
  }),
})

const metricsPage: Page = (source) => ({
  status: 200,
  headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  body: renderMetrics(source),
})
