import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactedError, EtcdError, Maintenance } from '@etcdkit/protocol'
import { json } from '../../src/v3/codec.ts'
import { compare } from '../../src/v3/compare.ts'
import { op } from '../../src/v3/op.ts'
import { everything, from, prefix } from '../../src/v3/range.ts'
import { scripted } from './support/scripted.ts'

const encoded = (value: string): Uint8Array => new TextEncoder().encode(value)
const shown = (value: unknown): string => new TextDecoder().decode(value as Uint8Array)
const kv = (key: string, value = 'x'): object => ({
  key: encoded(key),
  value: encoded(value),
  createRevision: 1,
  modRevision: 1,
  version: 1,
})

describe('requests', () => {
  it('of put carry every option', async () => {
    const { etcd, transport } = scripted()
    const { signal } = new AbortController()
    void etcd.put('a', 'x', { lease: { id: '7' }, previous: true, signal, timeoutMs: 9 })
    const { request, options } = await transport.lastCall()
    assert.deepEqual([request.lease, request.prevKv, shown(request.value)], ['7', true, 'x'])
    assert.deepEqual([options?.signal, options?.timeoutMs], [signal, 9])
    void etcd.put('a', undefined, { ignoreValue: true, ignoreLease: true })
    const ignoring = (await transport.lastCall()).request
    assert.deepEqual(
      [ignoring.ignoreValue, ignoring.ignoreLease, shown(ignoring.value)],
      [true, true, ''],
    )
  })

  it('of list carry every option, and ask for no sort that is not needed', async () => {
    const { etcd, transport } = scripted()
    void etcd.list(prefix('a'), {
      ...{ limit: 3, sort: 'modRevision', order: 'descending', revision: 5, serializable: true },
      ...{ keysOnly: true, minModRevision: 1, maxModRevision: 2 },
      ...{ minCreateRevision: 3, maxCreateRevision: 4 },
    })
    const { key: _, rangeEnd: __, ...rest } = (await transport.lastCall()).request
    assert.deepEqual(rest, {
      ...{ limit: 3, revision: 5, sortOrder: 2, sortTarget: 3, serializable: true },
      ...{ keysOnly: true, countOnly: false, minModRevision: 1, maxModRevision: 2 },
      ...{ minCreateRevision: 3, maxCreateRevision: 4 },
    })
    void etcd.list(everything, { sort: 'key', order: 'ascending' })
    assert.equal((await transport.lastCall()).request.sortOrder, 0)
    void etcd.list(everything, { sort: 'version' })
    assert.equal((await transport.lastCall()).request.sortOrder, 1)
  })

  it('of a transaction that only reads may be repeated', async () => {
    const { etcd, transport } = scripted()
    const nested = op.txn({ then: [op.count(everything)], else: [op.list('a')] })
    void etcd.txn({ if: [compare.exists('a')], then: [op.get('a'), nested] })
    assert.equal((await transport.lastCall()).options?.repeatable, true)
    void etcd.txn({ then: [op.txn({ else: [op.delete('a')] })] })
    assert.equal((await transport.lastCall()).options?.repeatable, undefined)
  })
})

describe('errors', () => {
  it('have the action before the fact, and keep everything else', async () => {
    const { etcd, transport } = scripted()
    const putting = etcd.put('a/b', 'x')
    const cause = new EtcdError('requested lease not found', {
      code: 'lease-not-found',
      outcome: 'not-applied',
      endpoint: 'http://a:2379',
    })
    ;(await transport.lastCall()).fail(cause)
    await assert.rejects(putting, {
      name: 'EtcdError',
      message: 'Cannot put "a/b": requested lease not found',
      code: 'lease-not-found',
      outcome: 'not-applied',
      endpoint: 'http://a:2379',
      cause,
    })
  })

  it('of compaction stay CompactedErrors', async () => {
    const { etcd, transport } = scripted()
    const getting = etcd.get('a', { revision: 1 })
    ;(await transport.lastCall()).fail(new CompactedError('gone', { compactRevision: 5 }))
    await assert.rejects(getting, (error) => {
      assert.ok(error instanceof CompactedError)
      assert.deepEqual([error.message, error.compactRevision], ['Cannot get "a": gone', 5])
      return true
    })
  })

  it('of the caller stay as they are', async () => {
    const { etcd, transport } = scripted()
    const reason = { mine: true }
    for (const call of [
      () => etcd.put('a', 'x'),
      () => etcd.get('a'),
      () => etcd.list(everything),
      () => etcd.txn({}),
      () => etcd.scan(everything).next(),
      () => etcd.compact(1),
    ]) {
      const calling = call()
      ;(await transport.lastCall()).fail(reason)
      await assert.rejects(calling, (error) => error === reason)
    }
  })

  it('name what they are about', async () => {
    const { etcd, transport } = scripted()
    const view = etcd.keyspace('apps/')
    for (const [call, action] of [
      [() => etcd.get(new Uint8Array([0xff, 1])), 'get 0xff01'],
      [() => etcd.get('x'.repeat(500)), `get "${'x'.repeat(128)}"…`],
      [() => etcd.delete(prefix('a/')), 'delete prefix "a/"'],
      [() => etcd.count(from('m')), 'count from "m"'],
      [() => etcd.list(everything), 'list all keys'],
      [() => etcd.txn({}), 'run the transaction'],
      [() => etcd.putIfAbsent('a', 'x'), 'put "a" if absent'],
      [() => etcd.compareAndSwap('a', 'x', { version: 1 }), 'compare and swap "a"'],
      [() => view.put('web', 'x'), 'put "web"'],
    ] as const) {
      const calling: Promise<unknown> = call()
      ;(await transport.lastCall()).fail(new EtcdError('no', { code: 'unknown' }))
      await assert.rejects(calling, { message: `Cannot ${action}: no` })
    }
  })
})

describe('etcd.call', () => {
  it('sends any message of any unary method', async () => {
    const { etcd, transport } = scripted()
    const calling = etcd.call(Maintenance.status, {}, { endpoint: 'http://a:2379' })
    const call = await transport.lastCall()
    assert.deepEqual([call.name, call.options?.endpoint], ['Status', 'http://a:2379'])
    call.answer({ version: '3.5.30' })
    assert.equal((await calling).version, '3.5.30')
  })

  it('says which method failed, and refuses streams', async () => {
    const { etcd, transport } = scripted()
    const calling = etcd.call(Maintenance.status, {})
    ;(await transport.lastCall()).fail(new EtcdError('no', { code: 'unknown' }))
    await assert.rejects(calling, { message: 'Cannot call etcdserverpb.Maintenance/Status: no' })
    // As JavaScript would.
    const stream = Maintenance.snapshot as unknown as typeof Maintenance.status
    await assert.rejects(etcd.call(stream, {}), TypeError)
  })
})

describe('etcd.txn', () => {
  it('answers for each operation of the branch taken, nested ones too', async () => {
    const { etcd, transport } = scripted()
    const running = etcd.txn({
      then: [
        op.put('a', '1', { previous: true }),
        op.get('b'),
        op.list(everything, { keysOnly: true }),
        op.count(everything),
        op.delete('c', { previous: true }),
        op.txn({ then: [op.put('d', '1')], else: [op.get('e')] }),
      ],
    })
    ;(await transport.lastCall()).answer({
      succeeded: true,
      header: { revision: 9 },
      responses: [
        { responsePut: { header: { revision: 9 }, prevKv: kv('a', 'old') } },
        { responseRange: { header: { revision: 9 } } },
        { responseRange: { header: { revision: 9 }, kvs: [kv('b')], count: 4, more: true } },
        { responseRange: { count: 7 } },
        { responseDeleteRange: { deleted: 1, prevKvs: [kv('c')] } },
        { responseTxn: { succeeded: false, responses: [{ responseRange: { kvs: [kv('e')] } }] } },
      ],
    })
    const result = await running
    assert.ok(result.succeeded)
    const [put, get, list, count, deleted, nested] = result.results
    assert.deepEqual([put.revision, put.previous?.value], [9, 'old'])
    assert.equal(get, undefined)
    assert.deepEqual([list.count, list.more, list.entries[0]?.value], [4, true, undefined])
    assert.equal(count, 7)
    assert.deepEqual([deleted.deleted, deleted.previous[0]?.key], [1, 'c'])
    assert.ok(!nested.succeeded)
    assert.deepEqual([nested.revision, nested.results[0]?.key], [9, 'e'])
  })

  it('rejects answers that do not match the operations', async () => {
    const { etcd, transport } = scripted()
    for (const responses of [
      [],
      [{ responsePut: {} }],
      [{ responseRange: {} }, { responseRange: {} }],
    ]) {
      const running = etcd.txn({ then: [op.get('a')] })
      ;(await transport.lastCall()).answer({ succeeded: true, responses })
      await assert.rejects(running, {
        code: 'protocol-error',
        message: /^Cannot run the transaction: /,
      })
    }
  })
})

describe('a keyspace', () => {
  it('has its prefix before every key it sends, and before none it shows', async () => {
    const { etcd, transport } = scripted()
    const view = etcd.keyspace('apps/').keyspace('v1/', json())
    const running = view.txn({
      if: [compare.missing('a'), compare.value(prefix('b')).equals({ port: 1 })],
      then: [op.put('a', 1), op.txn({ then: [op.delete(everything)] })],
      else: [op.list(from('m'))],
    })
    const { request, answer } = await transport.lastCall()
    const text = JSON.stringify(request, (_, value) =>
      value instanceof Uint8Array ? shown(value) : value,
    )
    for (const key of [
      'apps/v1/a',
      'apps/v1/b',
      'apps/v1/c',
      'apps/v1/m',
      'apps/v10',
      '{\\"port\\":1}',
    ]) {
      assert.ok(text.includes(`"${key}"`), `${key} in ${text}`)
    }
    answer({ succeeded: false, responses: [{ responseRange: { kvs: [kv('apps/v1/n', '5')] } }] })
    const result = await running
    assert.ok(!result.succeeded)
    const [entry] = result.results[0].entries
    assert.deepEqual([entry?.key, entry?.value], ['n', 5])
  })

  it('keeps the codec it comes from, unless it has its own', async () => {
    const { etcd, transport } = scripted()
    const numbers = etcd.keyspace('n/', json<number>())
    const getting = numbers.keyspace('x/').get('a')
    ;(await transport.lastCall()).answer({ kvs: [kv('n/x/a', '5')] })
    assert.equal((await getting)?.value, 5)
  })

  it('refuses an empty key, which would be its prefix', async () => {
    await assert.rejects(scripted().etcd.keyspace('apps/').get(''), TypeError)
  })

  it('refuses a prefix that is no key', () => {
    assert.throws(() => scripted().etcd.keyspace(5 as unknown as string), {
      message: 'Cannot open the keyspace number: a key is a string or a Uint8Array, not number',
    })
  })
})
