// Every example runs to its end on the embedded server, and says what it should.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EtcdServer } from '@etcdkit/server'

const folder = fileURLToPath(new URL('../../examples/', import.meta.url))

/** What an example must say, beside ending well. */
const said: Readonly<Record<string, RegExp>> = {
  'coordination.ts': /may one write\? false\n[\s\S]*downloaded 3\.png[\s\S]*at most [12] at a time/,
  'copies.ts': /cached 8080\nthen 9090\ncopied\nin the backup 9090/,
  'discovery.ts': /add host-2\n.*10\.0\.0\.2:8080[\s\S]*delete host-1/,
  'election.ts': /anna leads\n(?:nobody leads\n)?ben leads\nben, at work leads/,
  'live-config.ts': /then \{ perSecond: 50 \}\nanna 70 ben 30/,
  'lock.ts': /jobs done: 3/,
}

async function run(example: string): Promise<{ readonly code: unknown; readonly output: string }> {
  await using server = await EtcdServer.listen({ port: 0 })
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=etcdkit-source', `${folder}${example}`],
    { env: { ...process.env, ETCD_ENDPOINTS: server.endpoint }, timeout: 60_000 },
  )
  let output = ''
  const keep = (text: string): void => {
    output += text
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, output }
}

describe('examples', { concurrency: 2 }, () => {
  for (const example of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    it(`${example} runs to its end`, async () => {
      const { code, output } = await run(example)
      assert.equal(code, 0, output)
      assert.match(output, said[example] ?? /./)
    })
  }
})
