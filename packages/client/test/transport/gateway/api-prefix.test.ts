// Where gateways are, by version and as given.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Lease } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { parseApiPrefix, prefixOfVersion } from '../../../src/transport/gateway/api-prefix.ts'
import { pathOf } from '../../../src/transport/gateway/method-path.ts'
import { answerJson, startGatewayPeer, transportTo } from './gateway-peer.ts'

describe('the path of a gateway', () => {
  failOnLeaks()

  const versions: readonly [unknown, string][] = [
    ['3.0.17', '/v3alpha'],
    ['3.2.32', '/v3alpha'],
    ['3.3.27', '/v3beta'],
    ['3.4.23', '/v3'],
    ['3.5.30', '/v3'],
    ['3.10.0-rc.1', '/v3'],
    ['3.30.1', '/v3'],
    ['4.0.0', '/v3'],
    ['2.3.8', '/v3'],
    ['not decided', '/v3'],
    [undefined, '/v3'],
  ]
  for (const [version, prefix] of versions) {
    it(`etcd ${String(version)} has it at ${prefix}`, () => {
      assert.equal(prefixOfVersion(version), prefix)
    })
  }

  it('v3, /v3 and /v3/ are the same, and a proxy may have it elsewhere', () => {
    assert.deepEqual(['v3', '/v3', '/v3/', 'v3/'].map(parseApiPrefix), Array(4).fill('/v3'))
    assert.equal(parseApiPrefix('etcd/main/v3beta'), '/etcd/main/v3beta')
    for (const wrong of ['', '/', 'a b', 'v3?x', 'a//b', '../#']) {
      assert.throws(() => parseApiPrefix(wrong), TypeError, wrong)
    }
  })

  it('methods that have moved are where an old gateway has them', () => {
    assert.equal(pathOf(Lease.leaseRevoke, '/v3'), '/v3/lease/revoke')
    assert.equal(pathOf(Lease.leaseRevoke, '/v3alpha'), '/v3alpha/kv/lease/revoke')
    assert.equal(pathOf(Lease.leaseGrant, '/v3beta'), '/v3beta/lease/grant')
  })

  for (const [etcdserver, path] of [
    ['3.2.9', '/v3alpha/lease/grant'],
    ['3.3.9', '/v3beta/lease/grant'],
    ['3.5.9', '/v3/lease/grant'],
  ] as const) {
    it(`is found out once from etcd ${etcdserver}, however many calls wait`, async () => {
      await using peer = await startGatewayPeer((request, response) => {
        if (request.path === '/version') answerJson(response, { etcdserver })
        else answerJson(response, { ID: '7', TTL: '1' })
      })
      const transport = transportTo(peer.url, { apiPrefix: undefined })
      const grant = (): Promise<unknown> => transport.unary(Lease.leaseGrant, { TTL: 1 })
      await Promise.all([grant(), grant(), grant()])
      await grant()
      const asked = peer.requests.map((request) => request.path)
      assert.deepEqual(asked.filter((each) => each === '/version').length, 1)
      assert.deepEqual(asked.filter((each) => each === path).length, 4)
      await transport.close()
    })
  }

  it('behind a proxy that does not know /version it is /v3', async () => {
    await using peer = await startGatewayPeer((request, response) => {
      if (request.path === '/version') response.writeHead(404).end('<h1>Not here</h1>')
      else answerJson(response, { ID: '7', TTL: '1' })
    })
    const transport = transportTo(peer.url, { apiPrefix: undefined })
    assert.equal((await transport.unary(Lease.leaseGrant, { TTL: 1 })).ID, '7')
    assert.equal(peer.requests.at(-1)?.path, '/v3/lease/grant')
    await transport.close()
  })
})
