// Writes packages/protocol/src/gen anew from the .proto files; with --check only says whether that would change it.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const protocol = join(root, 'packages/protocol')
const generated = 'src/gen'

/** Runs buf with the plugin that `buf.gen.yaml` names; `out` stands for the package's folder if given. */
function generate(out?: string): void {
  const buf = join(root, 'node_modules/@bufbuild/buf/bin/buf')
  const into = out === undefined ? [] : ['--output', out]
  const { status } = spawnSync(process.execPath, [buf, 'generate', ...into], {
    cwd: protocol,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`Cannot generate: buf ended with ${status}`)
}

/** The text of every file under `folder`, by its path from there. */
function filesUnder(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]))
}

/** The paths that are not the same in both. */
function differences(a: Map<string, string>, b: Map<string, string>): string[] {
  const paths = new Set([...a.keys(), ...b.keys()])
  return [...paths].filter((path) => a.get(path) !== b.get(path)).sort()
}

/** Generates beside and compares. */
function check(): void {
  const beside = mkdtempSync(join(tmpdir(), 'etcdkit-generate-'))
  try {
    generate(beside)
    const stale = differences(
      filesUnder(join(protocol, generated)),
      filesUnder(join(beside, generated)),
    )
    if (stale.length === 0) return
    process.stderr.write(`Not as generated (run npm run generate):\n${stale.join('\n')}\n`)
    process.exitCode = 1
  } finally {
    rmSync(beside, { recursive: true })
  }
}

if (process.argv.includes('--check')) check()
else generate()
