// TLS options as users give them: checked before any I/O, read when a connection is made.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTempFolder } from '../../../../tests/support/temp-folder.ts'
import { checkTls, connectionOptions, type TlsOptions } from '../../src/transport/tls.ts'

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

describe('checkTls', () => {
  const good: readonly TlsOptions[] = [
    {},
    { ca: pem },
    { ca: [pem, Buffer.from(pem)] },
    { ca: '/etc/ssl/ca.pem' },
    { cert: pem, key: pem, passphrase: 'secret' },
    { serverName: 'etcd.example', rejectUnauthorized: false },
  ]
  for (const options of [undefined, ...good]) {
    it(`takes ${JSON.stringify(options)?.slice(0, 60)}`, () => checkTls(options))
  }

  for (const [name, options] of [
    ['null', null],
    ['a text', pem],
    ['an option of Node that is none of ours', { servername: 'x' }],
    ['a certificate without its key', { cert: pem }],
    ['a key without its certificate', { key: pem }],
    ['a number for an authority', { ca: 5 }],
    ['a number among authorities', { ca: [pem, 5] }],
    ['an object for a key', { cert: pem, key: {} }],
  ] as const) {
    it(`refuses ${name}`, () => {
      // Wrong types, as JavaScript may give them.
      assert.throws(() => checkTls(options as unknown as TlsOptions), TypeError)
    })
  }
})

describe('connectionOptions', () => {
  it('hands on texts and bytes, and reads the files that are named, each time', async () => {
    await using folder = await createTempFolder('tls')
    const path = join(folder.path, 'cert.pem')
    await writeFile(path, 'first')
    const options: TlsOptions = { ca: [pem, Buffer.from('bytes')], cert: path, key: pem }
    const before = connectionOptions(options)
    assert.deepEqual(before.ca, [pem, Buffer.from('bytes')])
    assert.deepEqual([before.cert, before.key], [Buffer.from('first'), pem])
    await writeFile(path, 'renewed')
    assert.deepEqual(connectionOptions(options).cert, Buffer.from('renewed'))
  })

  it('leaves Node its defaults for what is not said', () => {
    assert.deepEqual(connectionOptions({}), {})
    assert.deepEqual(connectionOptions({ serverName: 'x', rejectUnauthorized: false }), {
      servername: 'x',
      rejectUnauthorized: false,
    })
  })

  it('throws when a file cannot be read', () => {
    assert.throws(() => connectionOptions({ ca: '/nowhere/ca.pem' }), /ENOENT/)
  })
})
