// The user's own binaries are found, and come first.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { findEtcd } from './find.ts'

it('findEtcd looks into ETCD_BINARIES and the folders in it first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'etcdkit-find-'))
  const before = process.env.ETCD_BINARIES
  try {
    await mkdir(join(folder, 'inner'))
    const script = '#!/bin/sh\necho "etcd Version: 9.9.9"\n'
    await writeFile(join(folder, 'inner', 'etcd'), script, { mode: 0o755 })
    await writeFile(join(folder, 'inner', 'etcdctl'), script, { mode: 0o755 })
    process.env.ETCD_BINARIES = folder
    assert.deepEqual(findEtcd()[0], {
      version: '9.9.9',
      etcd: join(folder, 'inner', 'etcd'),
      etcdctl: join(folder, 'inner', 'etcdctl'),
    })
  } finally {
    if (before === undefined) delete process.env.ETCD_BINARIES
    else process.env.ETCD_BINARIES = before
    await rm(folder, { recursive: true })
  }
})
