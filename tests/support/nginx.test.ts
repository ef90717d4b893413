// gRPC calls pass through the proxy, with and without TLS on either side.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { it } from 'node:test'
import { startEtcd } from './etcd-server.ts'
import { failOnLeaks } from './leaks.ts'
import { type RunningNginx, startNginx } from './nginx.ts'
import { describeWith, etcdRequirement, nginxRequirement } from './suites.ts'

describeWith(etcdRequirement('3.5'), 'startNginx', () => {
  describeWith(nginxRequirement(), 'startNginx', () => {
    failOnLeaks()

    it('startNginx passes calls on over h2c', async () => {
      await using etcd = await startEtcd({ version: '3.5' })
      await using proxy = await startNginx({ upstreams: etcd.endpoints })
      assert.equal((await callStatus(proxy))['grpc-status'], '0')
    })

    it('startNginx passes calls on over TLS, and shows etcd its client certificate', async () => {
      await using etcd = await startEtcd({ version: '3.5', tls: 'mutual' })
      await using proxy = await startNginx({ upstreams: etcd.endpoints, listen: 'tls' })
      assert.equal((await callStatus(proxy))['grpc-status'], '0')
    })
  })
})

/** Calls Maintenance.Status, whose request is the empty message, and resolves with the trailers. */
async function callStatus(proxy: RunningNginx): Promise<IncomingHttpHeaders> {
  const session = connect(proxy.endpoint, proxy.tls ? { ca: proxy.tls.ca } : {})
  const closed = once(session, 'close')
  const stream = session.request({
    ':method': 'POST',
    ':path': '/etcdserverpb.Maintenance/Status',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.end(Buffer.alloc(5))
  stream.resume()
  const [trailers] = await once(stream, 'trailers')
  session.close()
  await closed
  return trailers
}
