// docs/parity.md names tests: they must be there. And it has a row for every message of the error table.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { errorTable } from '@etcdkit/protocol'

const root = new URL('../../', import.meta.url)

/** A test that the page names: its file, and its name or how that begins. */
interface Citation {
  readonly file: string
  readonly name: string
}

function citationsOf(page: string): Citation[] {
  const found = page.matchAll(/`((?:tests|packages)\/[\w./-]+\.ts)`(?:: ([^;|\n]*))?/g)
  return [...found].map(([, file = '', name = '']) => ({
    file,
    name: name.trim().replace(/\.$/, ''),
  }))
}

it('docs/parity.md names tests that are there', async () => {
  const citations = citationsOf(await readFile(new URL('docs/parity.md', root), 'utf8'))
  assert.ok(citations.length > 150)
  const missing: string[] = []
  for (const { file, name } of citations) {
    const text = await readFile(new URL(file, root), 'utf8').catch(() => undefined)
    if (text === undefined || !text.includes(name)) missing.push(`${file}: ${name}`)
  }
  assert.deepEqual(missing, [])
})

it('docs/parity.md has each message of the error table', async () => {
  const page = await readFile(new URL('docs/parity.md', root), 'utf8')
  const missing = errorTable.filter(
    ({ message, code }) => !page.includes(`\`${message}\` | \`${code}\``),
  )
  assert.deepEqual(missing, [])
})
