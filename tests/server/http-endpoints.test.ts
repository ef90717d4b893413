// The plain HTTP pages: the embedded server answers as etcd does, status, headers and body.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, it } from 'node:test'
import { AlarmAction, AlarmType, Maintenance } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { GrpcJsTransport } from '../../packages/server/test/v3/grpc-js-transport.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'

const pages = [
  'GET /version',
  'GET /health',
  'GET /health?serializable=true',
  'GET /health?exclude=NOSPACE',
  'GET /health?exclude=NOSPACE&exclude=CORRUPT',
  'GET /livez',
  'GET /livez?verbose',
  'GET /livez/serializable_read',
  'GET /readyz',
  'GET /readyz?verbose',
  'GET /readyz?exclude=non_learner&verbose',
  'GET /readyz?exclude=data_corruption',
  'GET /readyz?exclude=nope&verbose',
  'GET /readyz/data_corruption',
  'GET /readyz/data_corruption?verbose',
  'GET /readyz/nope',
  'GET /readyz/',
  'GET /',
  'GET /nope',
  'GET /v2/keys',
  'GET /version/x',
  'POST /version',
  'HEAD /version',
  'POST /health',
  'DELETE /readyz',
  'OPTIONS /version',
  'GET /metrics',
] as const

describeWith(etcdRequirement('3.5'), 'HTTP pages of the embedded server', () => {
  let server: EtcdServer
  let etcd: RunningEtcd
  before(async () => {
    server = await EtcdServer.listen({ port: 0 })
    etcd = await startEtcd({ version: '3.5' })
  })
  after(async () => {
    await server.close()
    await etcd[Symbol.asyncDispose]()
  })

  const both = (): [string, string] => [server.endpoint, etcd.endpoints[0] ?? '']

  function compareAll(state: string): void {
    for (const page of pages) {
      it(`${page} is answered alike ${state}`, async () => {
        const [ours, theirs] = await Promise.all(
          both().map((endpoint) => fetchPage(endpoint, page)),
        )
        assert.deepEqual(ours, theirs)
      })
    }
  }

  compareAll('when all is well')
  it('the NOSPACE alarm is raised', () => raise(both(), AlarmType.NOSPACE))
  compareAll('without space')
  it('the CORRUPT alarm is raised', () => raise(both(), AlarmType.CORRUPT))
  compareAll('when corrupt')
})

async function raise(endpoints: readonly string[], alarm: AlarmType): Promise<void> {
  for (const endpoint of endpoints) {
    const transport = new GrpcJsTransport(endpoint)
    // One at a time: of two, etcd tells any.
    await transport.unary(Maintenance.alarm, {
      action: AlarmAction.DEACTIVATE,
      alarm: AlarmType.NOSPACE,
    })
    await transport.unary(Maintenance.alarm, { action: AlarmAction.ACTIVATE, alarm })
    await transport.close()
  }
}

function fetchPage(endpoint: string, page: string): Promise<object> {
  const [method = '', path = ''] = page.split(' ')
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, endpoint), { method, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () =>
        resolve(describePage(page, response.statusCode, response.headers, body)),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Without what differs by nature: time, connection, versions, numbers. */
function describePage(
  page: string,
  status: number | undefined,
  headers: Record<string, unknown>,
  body: string,
): object {
  const changing = ['date', 'connection', 'transfer-encoding', 'keep-alive']
  const isOurOwn = page === 'GET /version' || page === 'GET /metrics'
  const left = isOurOwn ? [...changing, 'content-length'] : changing
  const kept = Object.entries(headers).filter(([name]) => !left.includes(name))
  const described = Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  if (page === 'GET /metrics') described['content-type'] = 'text/plain; version=0.0.4'
  // etcd lists checks in the order of a Go map, another each time.
  const lines = body.split('\n').toSorted()
  return { status, headers: described, lines: isOurOwn ? [] : lines }
}
