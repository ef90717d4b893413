// The command line: etcd's flags and variables, and what is refused.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isOn, optionsOf, readCommandLine, UsageError } from '../../src/listen/command-line.ts'

it('readCommandLine takes flags as Go does', () => {
  const { values, notes } = readCommandLine(
    ['-name', 'm0', '--max-txn-ops=7', '--client-cert-auth', '--listen-client-urls', 'http://a:1'],
    {},
  )
  assert.deepEqual(
    { ...values },
    {
      name: 'm0',
      'max-txn-ops': '7',
      'client-cert-auth': 'true',
      'listen-client-urls': 'http://a:1',
    },
  )
  assert.deepEqual(notes, [])
  assert.equal(
    isOn(readCommandLine(['--client-cert-auth=false'], {}).values, 'client-cert-auth'),
    false,
  )
  assert.equal(isOn(readCommandLine(['-h'], {}).values, 'help'), true)
})

it('readCommandLine takes variables, and notes those it does not know', () => {
  const { values, notes } = readCommandLine(['--strict-reconfig-check'], {
    ETCD_NAME: 'm1',
    ETCD_DATA_DIR: '/tmp',
    ETCD_NOPE: '1',
    PATH: '/bin',
  })
  assert.equal(values.name, 'm1')
  assert.deepEqual(notes, [
    'ETCD_DATA_DIR has no effect here',
    'ETCD_NOPE is not known',
    '--strict-reconfig-check has no effect here',
  ])
})

it('readCommandLine refuses what cannot be followed', () => {
  const refused: readonly [string[], Record<string, string>][] = [
    [['--nope'], {}],
    [['--force-new-cluster'], {}],
    [['--name'], {}],
    [['stray'], {}],
    [['--name', 'a'], { ETCD_NAME: 'b' }],
  ]
  for (const [args, env] of refused) assert.throws(() => readCommandLine(args, env), UsageError)
})

it('optionsOf reads numbers, lists and durations', () => {
  const options = optionsOf({
    'quota-backend-bytes': '-1',
    'max-request-bytes': '1000',
    'advertise-client-urls': 'http://a:1,http://b:2',
    'experimental-watch-progress-notify-interval': '1m30.5s',
  })
  assert.equal(options.quotaBytes, -1)
  assert.equal(options.maxRequestBytes, 1000)
  assert.deepEqual(options.advertiseClientUrls, ['http://a:1', 'http://b:2'])
  assert.equal(options.watchProgressMs, 90_500)
  assert.equal(optionsOf({ 'quota-backend-bytes': '0' }).quotaBytes, undefined)
  assert.deepEqual([optionsOf({}).v2, optionsOf({ 'enable-v2': 'true' }).v2], [false, true])
  assert.throws(() => optionsOf({ 'max-txn-ops': 'many' }), UsageError)
  assert.throws(() => optionsOf({ 'watch-progress-notify-interval': '5' }), UsageError)
  assert.throws(() => isOn({ help: 'perhaps' }, 'help'), UsageError)
})

it('optionsOf takes simple tokens with their time, and says that there are no others', () => {
  const ttlOf = (value: string) => optionsOf({ 'auth-token-ttl': value }).authTokenTtlSeconds
  assert.deepEqual([ttlOf('7'), ttlOf('0'), ttlOf('-1')], [7, undefined, undefined])
  assert.equal(optionsOf({ 'auth-token': 'simple' }).authTokenTtlSeconds, undefined)
  for (const kind of ['jwt,pub-key=a,priv-key=b,sign-method=RS256', 'other', '']) {
    assert.throws(() => optionsOf({ 'auth-token': kind }), UsageError)
  }
  const { notes } = readCommandLine(['--bcrypt-cost=4'], {})
  assert.deepEqual(notes, ['--bcrypt-cost has no effect here'])
})
