// What is read out of apt's texts.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseDependencies } from './apt-suite.ts'
import { chooseMirror, parseDistribution } from './mirror.ts'

const source = (uri: string, suite: string, component = 'main') => ({ uri, suite, component })

it('chooseMirror takes the main archive, not its updates and not other vendors', () => {
  const sources = [
    source('http://vendor.invalid/linux/debian/', 'bookworm', 'stable'),
    source('http://vendor.invalid/', 'bookworm'),
    source('http://mirror.invalid/debian-security/', 'bookworm-security'),
    source('http://mirror.invalid/debian/', 'bookworm-updates'),
    source('http://mirror.invalid/debian/', 'bookworm'),
  ]
  assert.equal(chooseMirror(sources), 'http://mirror.invalid/debian/')
  assert.equal(chooseMirror(sources.slice(0, 1)), undefined)
})

it('chooseMirror takes a snapshot of the archive', () => {
  const snapshot = 'http://mirror.invalid/archive/debian/20250520T000000Z/'
  const sources = [source('http://vendor.invalid/', 'bookworm'), source(snapshot, 'bookworm')]
  assert.equal(chooseMirror(sources), snapshot)
})

it('parseDistribution reads the id', () => {
  assert.equal(parseDistribution('PRETTY_NAME="Debian"\nVERSION_ID="12"\nID=debian\n'), 'debian')
  assert.equal(parseDistribution('ID="opensuse"\n'), 'opensuse')
  assert.equal(parseDistribution('NAME=nothing\n'), undefined)
})

it('parseDependencies reads names once, and the first of alternatives', () => {
  const record = 'Package: nginx\nDepends: libc6 (>= 2.34), zlib1g, a:any | b, c (<< 2), c (>= 1)\n'
  assert.deepEqual(parseDependencies(record), ['libc6', 'zlib1g', 'a', 'c'])
  assert.deepEqual(parseDependencies('Package: nothing\n'), [])
})
