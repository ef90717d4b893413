// The command line says what it wants and what it was given.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseFaultCommand } from './command.ts'

it('parseFaultCommand reads what it is given, and has defaults for the rest', () => {
  const given = [
    '--seed',
    '7',
    '--minutes',
    '60',
    '--only',
    'writes,embedded',
    '--tls',
    '--wire',
    'gateway',
  ]
  assert.deepEqual(parseFaultCommand([...given, '--json', 'out.json']), {
    ...{ seed: 7, minutes: 60, rounds: Number.POSITIVE_INFINITY, verbose: false },
    ...{ only: ['writes', 'embedded'], tls: true, wire: 'gateway', json: 'out.json' },
  })
  const { seed, minutes, only, wire } = parseFaultCommand([])
  assert.ok(Number.isSafeInteger(seed))
  assert.equal(minutes, 3)
  assert.equal(wire, undefined)
  assert.deepEqual(only, ['writes', 'watches', 'leases', 'recipes', 'embedded'])
  assert.equal(parseFaultCommand(['--rounds', '1']).rounds, 1)
})

it('parseFaultCommand refuses what it does not know', () => {
  for (const args of [
    ['--wire', 'x'],
    ['--seed', 'x'],
    ['--minutes', ''],
    ['--only', 'reads'],
    ['--fast'],
    ['a'],
  ]) {
    assert.throws(() => parseFaultCommand(args), Error, args.join(' '))
  }
})
