// The gateway client as a page has it: bundled for the browser, small, and working there, against etcd and the embedded one.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { EtcdServer } from '@etcdkit/server'
import { build } from 'esbuild'
import { findChromium, missingChromiumReason } from '../../tools/chromium/find.ts'
import { findEtcdBinary } from '../support/etcd-binary.ts'
import { startEtcd } from '../support/etcd-server.ts'
import { describeWith, type Requirement } from '../support/suites.ts'
import { type Browser, startBrowser } from './browser/browser.ts'

// What it is today, so that it does not grow. Most of it is messages of services that the page does not call: 40,000 is
// the aim.
const maxGzippedBytes = 70_000

/** The page's script. Throws when it needs anything of Node's. */
async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser/page.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    conditions: ['etcdkit-source'],
    // From the sources it would be Node's, by the condition that comes first; packages have the browser's by name.
    alias: {
      '#gateway-http': fileURLToPath(
        new URL('../../packages/client/src/gateway-http.ts', import.meta.url),
      ),
    },
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

describe('the gateway client in a bundle', () => {
  it(`is at most ${maxGzippedBytes} bytes gzipped, and needs nothing of Node’s`, async () => {
    const bytes = gzipSync(await bundlePage(), { level: 9 }).length
    assert.ok(bytes <= maxGzippedBytes, `${bytes} bytes`)
  })
})

function chromiumRequirement(): Requirement {
  const version = findChromium()?.version
  const availability =
    version === undefined
      ? ({ state: 'missing', reason: missingChromiumReason } as const)
      : ({ state: 'available', version } as const)
  return { name: 'Chromium', availability }
}

const seen = {
  events: ['put page/a 1', 'put page/b zwei €', 'delete page/a '],
  value: 'zwei €',
  count: 1,
}

describeWith(chromiumRequirement(), 'the gateway client in a page', () => {
  let browser: Browser
  let site: Site
  before(async () => {
    site = await startSite(await bundlePage())
    browser = await startBrowser()
  })
  after(async () => {
    await browser[Symbol.asyncDispose]()
    await site[Symbol.asyncDispose]()
  })

  const look = (endpoint: string, timeoutMs = 30_000): Promise<unknown> => {
    const query = new URLSearchParams({ endpoint, timeoutMs: String(timeoutMs) })
    return browser.evaluate(`${site.url}?${query}`, 'globalThis.seen')
  }

  it('watches and puts on the embedded server', async () => {
    await using server = await EtcdServer.listen({ port: 0 })
    assert.deepEqual(await look(server.endpoint), seen)
  })

  it('does so from an origin that is named, and from no other', async () => {
    await using server = await EtcdServer.listen({ port: 0, cors: [site.url] })
    assert.deepEqual(await look(server.endpoint), seen)
    await using other = await EtcdServer.listen({ port: 0, cors: ['http://other.test'] })
    await assert.rejects(look(other.endpoint, 500), /EtcdError/)
    assert.equal(other.revision, 1)
  })

  for (const version of ['3.5', '3.4'] as const) {
    if (findEtcdBinary(version) === undefined) continue
    it(`watches and puts on etcd ${version}`, async () => {
      await using etcd = await startEtcd({ version, flags: ['--cors=*'] })
      assert.deepEqual(await look(etcd.endpoints[0] ?? ''), seen)
    })
  }
})

interface Site extends AsyncDisposable {
  /** Its origin, and its one page. */
  readonly url: string
}

async function startSite(script: string): Promise<Site> {
  const page = '<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>'
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html')
    response.end(isScript ? script : page)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
