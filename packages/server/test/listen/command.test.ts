// `etcdkit-server` in a process of its own.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EtcdServer } from '@etcdkit/server'
import { GuardedProcess } from '../../../../tests/support/guarded-process.ts'
import { requestMember } from '../../../../tests/support/http.ts'
import { isListening } from '../../../../tests/support/listening.ts'
import { pollUntil } from '../../../../tests/support/poll.ts'
import { reservePorts } from '../../../../tests/support/ports.ts'
import { createTempFolder } from '../../../../tests/support/temp-folder.ts'
import { writeTlsFiles } from '../../../../tests/support/tls-files.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const program = join(root, 'packages/server/src/bin.ts')

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  it(`etcdkit-server says where it is ready, and stops well at ${signal}`, async () => {
    // Nobody else may listen there when it has ended.
    await using reserved = await reservePorts(1)
    const url = `http://127.0.0.1:${reserved.ports[0]}`
    await using running = await start(['--listen-client-urls', url, '--name', 'm7'])
    const endpoint = await ready(running)
    assert.equal(endpoint, url)
    assert.equal((await requestMember({ endpoint }, '/health')).status, 200)
    running.signal(signal)
    assert.deepEqual(await running.exited, { code: 0, signal: null })
    assert.equal(await isListening(endpoint), false)
  })
}

it('etcdkit-server ends with 1 on a port that is taken', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using running = await start([`--listen-client-urls=${server.endpoint}`])
  assert.equal((await running.exited).code, 1)
  assert.equal(
    running.output,
    `etcdkit-server: Cannot listen on ${server.endpoint}: the address is in use\n`,
  )
})

it('etcdkit-server ends with 2 on a flag that it does not know', async () => {
  await using running = await start(['--nope'])
  assert.equal((await running.exited).code, 2)
  assert.match(running.output, /--nope.*\n.*see --help/)
})

it('etcdkit-server takes flags of etcd that mean nothing here, with a note', async () => {
  await using running = await start([
    '--data-dir=/nowhere',
    '--listen-client-urls=http://127.0.0.1:0',
  ])
  await ready(running)
  assert.match(running.output, /--data-dir has no effect here/)
  running.signal('SIGTERM')
  await running.exited
})

it('etcdkit-server speaks TLS with the certificate it is given', async () => {
  await using folder = await createTempFolder('command')
  const { paths, ca } = await writeTlsFiles(folder.path)
  const files = [`--cert-file=${paths.cert}`, `--key-file=${paths.key}`]
  await using running = await start(['--listen-client-urls=https://127.0.0.1:0', ...files])
  const endpoint = await ready(running)
  const target = { endpoint, tls: { ca, clientCert: '', clientKey: '' } }
  assert.equal((await requestMember(target, '/health')).status, 200)
  running.signal('SIGTERM')
  await running.exited
  await using half = await start([files[0] ?? ''])
  assert.equal((await half.exited).code, 2)
  await using missing = await start(['--cert-file=/nowhere', '--key-file=/nowhere'])
  assert.equal((await missing.exited).code, 1)
})

it('etcdkit-server --version and --help say so and end', async () => {
  await using version = await start(['--version'])
  assert.equal((await version.exited).code, 0)
  assert.match(version.output, /^etcd Version: 3\.6\.0\netcdkit-server Version: \d/)
  await using help = await start(['--help'])
  assert.equal((await help.exited).code, 0)
  assert.match(help.output, /--listen-client-urls/)
})

function start(args: readonly string[]): Promise<GuardedProcess> {
  return GuardedProcess.start({
    command: process.execPath,
    args: ['--import', 'tsx', '--conditions=etcdkit-source', program, ...args],
    cwd: root,
    env: { PATH: process.env.PATH ?? '' },
  })
}

async function ready(running: GuardedProcess): Promise<string> {
  const line = /ready, version \S+, at (\S+)\n/
  await pollUntil(() => line.test(running.output), { what: 'the ready line', deadlineMs: 60_000 })
  return line.exec(running.output)?.[1] ?? ''
}
