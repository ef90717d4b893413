// How values become bytes and bytes values: the codecs at hand, one's own, and those of a schema.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytes, type Codec, compare, EtcdError, json, op, type StandardSchema, text } from 'etcdkit'
import fc from 'fast-check'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { rejectionOf } from './support/rejections.ts'

const noText = new Uint8Array([0x61, 0xff])

/** Dates as milliseconds in decimal; those before 1970 are refused. */
const dates: Codec<Date> = {
  encode(date) {
    if (date.getTime() < 0) throw new RangeError('before 1970')
    return new TextEncoder().encode(`${date.getTime()}`)
  },
  decode(value) {
    const digits = new TextDecoder().decode(value)
    if (!/^\d+$/.test(digits)) throw new SyntaxError('not in decimal')
    return new Date(Number(digits))
  },
}

interface Port {
  readonly port: number
}

/** As a library with schemas would make it: a port may be written as text, and is read as a number. */
const portSchema: StandardSchema<{ readonly port: number | string }, Port> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const port = Number((value as Partial<Port> | null)?.port)
      if (Number.isInteger(port) && port > 0) return { value: { port } }
      return { issues: [{ message: 'not a port', path: ['port'] }, { message: 'try another' }] }
    },
  },
}

/** A schema that takes its time, which no codec can wait for, and then fails. */
const slowSchema: StandardSchema<Port> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: () => Promise.reject(new Error('nobody may see this')),
  },
}

forEachServer('codecs', (server) => {
  failOnLeaks()

  describe('text', () => {
    it('text is the default: strings come back as they were', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const string = fc.string({ unit: 'binary', maxLength: 100 })

      await fc.assert(
        fc.asyncProperty(string, async (value) => {
          await etcd.put(key, value)
          assert.equal((await etcd.get(key))?.value, value)
        }),
        { numRuns: 25 },
      )
    })

    it('text writes bytes as they are', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), text)
      await keys.put('a', new TextEncoder().encode('héllo'))
      assert.equal((await keys.get('a'))?.value, 'héllo')
    })

    it('entry.value of what is no UTF-8 throws decode-failed with the key, entry.valueBytes does not', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('a/b', noText)
      const entry = await keys.get('a/b')
      assert.throws(
        () => entry?.value,
        (error: unknown) => {
          assert.ok(error instanceof EtcdError)
          assert.deepEqual([error.code, error.outcome], ['decode-failed', undefined])
          assert.match(error.message, /^Cannot decode the value of "a\/b": /)
          return true
        },
      )
      assert.deepEqual([...(entry?.valueBytes ?? [])], [...noText])
    })

    it('entry.key of what is no UTF-8 throws decode-failed, entry.keyBytes does not', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put(noText, '1')
      const entry = await keys.get(noText)
      assert.throws(() => entry?.key, { code: 'decode-failed', message: /0x61ff/ })
      assert.deepEqual([...(entry?.keyBytes ?? [])], [...noText])
      assert.equal(entry?.value, '1')
      const { keyBase64, value } = JSON.parse(JSON.stringify(entry))
      assert.deepEqual([keyBase64, value], [Buffer.from(noText).toString('base64'), '1'])
    })
  })

  describe('bytes', () => {
    it('bytes come back as they were, and are shown as base64', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), bytes)
      await keys.put('a', Buffer.from(noText))
      const entry = await keys.get('a')
      assert.deepEqual([...(entry?.value ?? [])], [...noText])
      const base64 = Buffer.from(noText).toString('base64')
      assert.equal(JSON.parse(JSON.stringify(entry)).valueBase64, base64)
    })
  })

  describe('json', () => {
    it('json values come back as they were', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), json())
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (value) => {
          await keys.put('a', value)
          assert.deepEqual((await keys.get('a'))?.value, JSON.parse(JSON.stringify(value)))
        }),
        { numRuns: 25 },
      )
    })

    it('json is stored as JSON text, which others can read', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await etcd.keyspace(at, json<Port>()).put('web', { port: 80 })
      assert.equal((await etcd.get(`${at}web`))?.value, '{"port":80}')
    })

    it('a key named __proto__ in JSON is a key, and no prototype', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await etcd.put(`${at}a`, '{"__proto__":{"polluted":true}}')
      const value = (await etcd.keyspace(at, json<{ polluted?: boolean }>()).get('a'))?.value
      assert.equal(value?.polluted, undefined)
      assert.deepEqual(Object.keys(value ?? {}), ['__proto__'])
    })

    it('entry.value of what is no JSON throws decode-failed with the key and the cause', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await etcd.put(`${at}web`, '{port:')
      const entry = await etcd.keyspace(at, json()).get('web')
      assert.throws(
        () => entry?.value,
        (error: unknown) => {
          assert.ok(error instanceof EtcdError && error.cause instanceof SyntaxError)
          assert.match(error.message, /^Cannot decode the value of "web": /)
          return error.code === 'decode-failed'
        },
      )
      assert.equal(
        JSON.parse(JSON.stringify(entry)).valueBase64,
        Buffer.from('{port:').toString('base64'),
      )
    })
  })

  describe("a codec of one's own", () => {
    it('a codec of one’s own is used by every verb', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), dates)
      const [first, second] = [new Date(1000), new Date(2000)]
      await keys.put('a', first)
      const put = await keys.put('a', second, { previous: true })
      const swap = await keys.compareAndSwap('a', first, { value: second }, { previous: true })
      assert.ok(swap.succeeded)
      const txn = await keys.txn({
        if: [compare.value('a').equals(first)],
        then: [op.put('b', second), op.get('a')],
      })
      assert.ok(txn.succeeded)
      const read = [put.previous, swap.previous, txn.results[1], await keys.get('b')]
      assert.deepEqual(
        read.map((entry) => entry?.value),
        [first, second, first, second],
      )
    })

    it('entry.value is decoded once, and not before it is asked for', async () => {
      await using etcd = server.connect()
      let decoded = 0
      const counting: Codec<string> = {
        encode: (value) => text.encode(value),
        decode(value) {
          decoded++
          return text.decode(value)
        },
      }
      const keys = etcd.keyspace(uniquePrefix(), counting)
      await keys.put('a', '1')
      const entry = await keys.get('a')
      assert.equal(decoded, 0)
      assert.deepEqual([entry?.value, entry?.value, decoded], ['1', '1', 1])
    })

    it('what a codec throws when it reads is the cause of decode-failed, each time it is asked', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await etcd.put(`${at}a`, 'noon')
      const entry = await etcd.keyspace(at, dates).get('a')
      for (let asked = 0; asked < 2; asked++) {
        assert.throws(
          () => entry?.value,
          (error: unknown) => {
            assert.ok(error instanceof EtcdError && error.cause instanceof SyntaxError)
            assert.equal(error.message, 'Cannot decode the value of "a": not in decimal')
            return true
          },
        )
      }
    })

    it('one entry that cannot be decoded does not spoil the others', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await etcd.put(`${at}a`, '1')
      await etcd.put(`${at}b`, 'noon')
      const keys = etcd.keyspace(at, dates)
      const [good, bad] = [await keys.get('a'), await keys.get('b')]
      assert.equal(good?.value.getTime(), 1)
      assert.throws(() => bad?.value, { code: 'decode-failed' })
    })
  })

  describe('json with a schema', () => {
    it('stored is what was given, read is what the schema makes of it', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      const keys = etcd.keyspace(at, json(portSchema))
      await keys.put('web', { port: '80' })
      assert.equal((await etcd.get(`${at}web`))?.value, '{"port":"80"}')
      assert.deepEqual((await keys.get('web'))?.value, { port: 80 })
    })

    it('a value that the schema refuses is not written, and the error tells all its issues', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), json(portSchema))
      const error = await rejectionOf(keys.put('web', { port: 'high' }))
      assert.ok(error instanceof TypeError)
      assert.match(error.message, /^Cannot put "web": .*port: not a port; try another$/)
      assert.equal(await keys.get('web'), undefined)
    })

    it('a stored value that the schema refuses throws decode-failed with the key and the issues', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await etcd.put(`${at}web`, '{"port":-1}')
      const entry = await etcd.keyspace(at, json(portSchema)).get('web')
      assert.throws(() => entry?.value, {
        code: 'decode-failed',
        message: 'Cannot decode the value of "web": port: not a port; try another',
      })
    })
  })

  describe('values that a codec refuses', () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    const never = <T>(value: unknown): T => value as T
    const refused: readonly [string, Codec<never>, unknown][] = [
      ['text: a number', never(text), 1],
      ['text: undefined', never(text), undefined],
      ['text: half a surrogate pair', never(text), '\ud800'],
      ['bytes: a string', never(bytes), 'text'],
      ['bytes: an array', never(bytes), [1, 2]],
      ['json: undefined', never(json()), undefined],
      ['json: a function', never(json()), () => 1],
      ['json: a cycle', never(json()), cyclic],
      ['json: a bigint', never(json()), 1n],
      ['own: what it throws', never(dates), new Date(-1)],
      ['own: what it cannot read', never(dates), undefined],
      ['schema: what it refuses', never(json(portSchema)), {}],
      ['schema: one that takes its time', never(json(slowSchema)), { port: 80 }],
    ]
    for (const [name, codec, value] of refused) {
      it(`every verb rejects with a TypeError that names the key: ${name}`, async () => {
        await using etcd = server.connect()
        const keys = etcd.keyspace(uniquePrefix(), codec)
        const given = value as never
        const calls: readonly [string, () => Promise<unknown>][] = [
          ['put "a/b"', () => keys.put('a/b', given)],
          ['put "a/b" if absent', () => keys.putIfAbsent('a/b', given)],
          ['put "a/b" if present', () => keys.putIfPresent('a/b', given)],
          ['compare and swap "a/b"', () => keys.compareAndSwap('a/b', given, { version: 0 })],
          ['run the transaction', () => keys.txn({ then: [op.put('a/b', given)] })],
          ['run the transaction', () => keys.txn({ if: [compare.value('a/b').equals(given)] })],
        ]
        for (const [action, call] of calls) {
          const error = await rejectionOf(call())
          assert.ok(error instanceof TypeError, `${action}: ${String(error)}`)
          assert.ok(error.message.startsWith(`Cannot ${action}: `), error.message)
          assert.ok(error.message.includes('the codec refuses the value: '), error.message)
        }
        assert.equal(await keys.get('a/b'), undefined)
      })
    }

    it('the error of a transaction names the key whose value its codec refuses', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), dates)
      const [good, bad] = [new Date(1), new Date(-1)]
      const put = { then: [op.put('good', good), op.put('a/b', bad)] } as const
      const condition = { if: [compare.value('a/b').equals(bad)] } as const
      for (const error of [
        await rejectionOf(keys.txn(put)),
        await rejectionOf(keys.txn(condition)),
      ]) {
        assert.ok(error instanceof TypeError)
        assert.match(error.message, /"a\/b"/)
      }
    })
  })
})
