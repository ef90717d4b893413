// The method table against the facts, written down once more.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as protocol from '@etcdkit/protocol'
import { allMethods } from '@etcdkit/protocol'
import protobufjs from 'protobufjs'
import { definitions } from './support/proto.ts'

/**
 * Service, method, retry class (r: repeatable, n: non-repeatable, s: stream to us, b: stream both ways), gateway paths.
 * Sources: etcd api/etcdserverpb/rpc.proto, client/v3/retry.go.
 */
const facts = `
etcdserverpb.KV Range r /v3/kv/range
etcdserverpb.KV RangeStream s
etcdserverpb.KV Put n /v3/kv/put
etcdserverpb.KV DeleteRange n /v3/kv/deleterange
etcdserverpb.KV Txn n /v3/kv/txn
etcdserverpb.KV Compact n /v3/kv/compaction
etcdserverpb.Watch Watch b /v3/watch
etcdserverpb.Lease LeaseGrant r /v3/lease/grant
etcdserverpb.Lease LeaseRevoke r /v3/lease/revoke /v3/kv/lease/revoke
etcdserverpb.Lease LeaseKeepAlive b /v3/lease/keepalive
etcdserverpb.Lease LeaseTimeToLive r /v3/lease/timetolive /v3/kv/lease/timetolive
etcdserverpb.Lease LeaseLeases r /v3/lease/leases /v3/kv/lease/leases
etcdserverpb.Cluster MemberAdd n /v3/cluster/member/add
etcdserverpb.Cluster MemberRemove n /v3/cluster/member/remove
etcdserverpb.Cluster MemberUpdate n /v3/cluster/member/update
etcdserverpb.Cluster MemberList r /v3/cluster/member/list
etcdserverpb.Cluster MemberPromote n /v3/cluster/member/promote
etcdserverpb.Maintenance Alarm r /v3/maintenance/alarm
etcdserverpb.Maintenance Status r /v3/maintenance/status
etcdserverpb.Maintenance Defragment n /v3/maintenance/defragment
etcdserverpb.Maintenance Hash r /v3/maintenance/hash
etcdserverpb.Maintenance HashKV r /v3/maintenance/hashkv
etcdserverpb.Maintenance Snapshot s /v3/maintenance/snapshot
etcdserverpb.Maintenance MoveLeader r /v3/maintenance/transfer-leadership
etcdserverpb.Maintenance Downgrade n /v3/maintenance/downgrade
etcdserverpb.Auth AuthEnable n /v3/auth/enable
etcdserverpb.Auth AuthDisable n /v3/auth/disable
etcdserverpb.Auth AuthStatus n /v3/auth/status
etcdserverpb.Auth Authenticate n /v3/auth/authenticate
etcdserverpb.Auth UserAdd n /v3/auth/user/add
etcdserverpb.Auth UserGet r /v3/auth/user/get
etcdserverpb.Auth UserList r /v3/auth/user/list
etcdserverpb.Auth UserDelete n /v3/auth/user/delete
etcdserverpb.Auth UserChangePassword n /v3/auth/user/changepw
etcdserverpb.Auth UserGrantRole n /v3/auth/user/grant
etcdserverpb.Auth UserRevokeRole n /v3/auth/user/revoke
etcdserverpb.Auth RoleAdd n /v3/auth/role/add
etcdserverpb.Auth RoleGet r /v3/auth/role/get
etcdserverpb.Auth RoleList r /v3/auth/role/list
etcdserverpb.Auth RoleDelete n /v3/auth/role/delete
etcdserverpb.Auth RoleGrantPermission n /v3/auth/role/grant
etcdserverpb.Auth RoleRevokePermission n /v3/auth/role/revoke
v3lockpb.Lock Lock n /v3/lock/lock
v3lockpb.Lock Unlock n /v3/lock/unlock
v3electionpb.Election Campaign n /v3/election/campaign
v3electionpb.Election Proclaim n /v3/election/proclaim
v3electionpb.Election Leader r /v3/election/leader
v3electionpb.Election Observe s /v3/election/observe
v3electionpb.Election Resign n /v3/election/resign
`
  .trim()
  .split('\n')
  .map((line) => line.split(' '))

const retries = { r: 'repeatable', n: 'non-repeatable', s: 'stream', b: 'stream' } as const
const kinds = { r: 'unary', n: 'unary', s: 'server-streaming', b: 'bidi-streaming' } as const

test('allMethods is every RPC of etcd, each at its place and in its retry class', () => {
  const wanted = facts.map(([service, name, letter, ...gatewayPaths]) => ({
    service,
    name,
    path: `/${service}/${name}`,
    gatewayPaths,
    kind: kinds[letter as keyof typeof kinds],
    retry: retries[letter as keyof typeof retries],
  }))
  const found = allMethods.map(({ input: _input, output: _output, ...rest }) => rest)
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1)
  assert.deepEqual(found.sort(byPath), wanted.sort(byPath))
})

test('each method takes and gives the messages its .proto says', () => {
  for (const method of allMethods) {
    const service = definitions.find(({ fullName }) => fullName === `.${method.service}`)
    assert.ok(service instanceof protobufjs.Service)
    const { resolvedRequestType, resolvedResponseType } = service.methods[method.name] ?? {}
    assert.equal(`.${method.input.typeName}`, resolvedRequestType?.fullName)
    assert.equal(`.${method.output.typeName}`, resolvedResponseType?.fullName)
  }
})

test('each service is an object of its methods, named in camelCase', () => {
  const services = protocol as unknown as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >
  for (const method of allMethods) {
    const service = services[method.service.split('.')[1] ?? '']
    const key = `${method.name.charAt(0).toLowerCase()}${method.name.slice(1)}`
    assert.equal(service?.[key], method)
  }
})
