// The gateway from a page of another site: bundled as for a browser, with nothing but `fetch`, and with no more than the
// server allows such pages.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import type * as gateway from 'etcdkit/gateway'
import { gatewayKinds } from '../support/gateway-suites.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { AuthSwitch, prepareAuth } from './support/auth.ts'
import { browserFetch } from './support/browser-fetch.ts'

const origin = 'https://page.example'
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles the gateway's door for browsers and loads it. */
async function loadBundle({ path }: TempFolder): Promise<typeof gateway> {
  const file = join(path, 'gateway.mjs')
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['packages/client/src/gateway.ts'],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['etcdkit-source'],
    dropLabels: ['BINARY'],
    write: false,
    metafile: true,
  })
  assert.deepEqual(
    Object.values(metafile.outputs).flatMap(({ imports }) => imports),
    [],
  )
  await writeFile(file, outputFiles[0]?.contents ?? '')
  return import(pathToFileURL(file).href)
}

let folder: TempFolder
let bundle: typeof gateway

before(async () => {
  folder = createTempFolder('bundle')
  bundle = await loadBundle(folder)
  // Where a page is. What is sent to other places is told by it.
  Object.defineProperty(globalThis, 'location', { value: { origin }, configurable: true })
})

after(async () => {
  Reflect.deleteProperty(globalThis, 'location')
  await folder[Symbol.asyncDispose]()
})

forEachServer(
  'gateway in a browser',
  (server) => {
    failOnLeaks()

    it('puts, reads, watches, renews leases, and asks for a leader only where it may', async () => {
      const { endpoints } = server
      await using etcd = new bundle.Etcd({ endpoints, fetch: browserFetch(origin) })
      const keys = etcd.keyspace(uniquePrefix())
      const watch = keys.watch(bundle.prefix(''))
      await watch.ready
      const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
      await keys.put('a', '1', { lease: id, requireLeader: true })
      await etcd.leases.keepAliveOnce(id)
      for await (const { type, key } of watch) {
        assert.deepEqual([type, key], ['put', 'a'])
        break
      }
      await etcd.leases.revoke(id)
      assert.equal((await etcd.version()).etcdserver, server.version)
    })

    it('authenticates', async () => {
      await prepareAuth(server)
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      const { endpoints } = server
      const fetch = browserFetch(origin)
      await using etcd = new bundle.EtcdCore({ endpoints, auth: user, fetch })
      const key = `${uniquePrefix()}a`
      await etcd.put(key, '1')
      assert.equal((await etcd.get(key))?.value, '1')
    })

    it('says that what only Node has is not there', () => {
      const [endpoints = ''] = server.endpoints
      for (const options of [{ tls: {} }, { socketPath: '/a' }, { connections: 1 }]) {
        assert.throws(() => new bundle.Etcd({ endpoints, ...options }), /is for Node/)
      }
    })
  },
  { only: gatewayKinds, flags: ['--cors=*'] },
)
