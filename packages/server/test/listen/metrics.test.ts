// The metrics, as Prometheus reads them.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { KV, Lease, Watch } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { requestMember } from '../../../../tests/support/http.ts'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { put, watchKey } from '../v3/wires.ts'

failOnLeaks()

it('/metrics counts what was done', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const { transport } = server
  const watch = await watchKey(transport, 'a')
  await put(transport, 'a')
  await put(transport, 'b')
  await assert.rejects(transport.unary(KV.put, {}))
  await transport.unary(Lease.leaseGrant, { TTL: 10 })
  const { body } = await requestMember(server, '/metrics')
  assert.match(
    body,
    /^(?:# HELP \w+ [^\n]+\n# TYPE \w+ (?:gauge|counter)\n(?:\w+(?:\{[^}\n]+\})? [\d.e+-]+\n)*)+$/,
  )
  const lines = new Set(body.split('\n'))
  for (const line of [
    'etcd_server_has_leader 1',
    'etcd_server_is_leader 1',
    'etcd_server_id{server_id="8e9e05c52164694d"} 1',
    'etcd_mvcc_put_total 2',
    'etcd_debugging_mvcc_current_revision 3',
    'etcd_debugging_mvcc_compact_revision -1',
    'etcd_debugging_mvcc_watch_stream_total 1',
    'etcd_debugging_mvcc_watcher_total 1',
    'etcd_debugging_lease_granted_total 1',
    'grpc_server_started_total{grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"} 3',
    'grpc_server_handled_total{grpc_code="InvalidArgument",grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"} 1',
    'grpc_server_started_total{grpc_method="Watch",grpc_service="etcdserverpb.Watch",grpc_type="bidi_stream"} 1',
  ]) {
    assert.ok(lines.has(line), line)
  }
  watch.cancel()
})

it('/metrics tells of watches that were overtaken and closed', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const watch = await watchKey(server.transport, 'a')
  server.faults.compactWatches()
  await watch.next()
  const stream = server.transport.stream(Watch.watch)
  stream.cancel()
  const { body } = await requestMember(server, '/metrics')
  assert.match(body, /^etcd_debugging_mvcc_watcher_total 0$/m)
  assert.match(body, /^etcd_debugging_mvcc_watch_stream_total 1$/m)
  watch.cancel()
})
