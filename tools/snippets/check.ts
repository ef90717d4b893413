// Compiles every example of the documentation. Usage: node --import tsx tools/snippets/check.ts

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extractSnippets, type Snippet } from './extract.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside the project, so that the examples resolve its packages.
const folder = join(root, '.snippets')

const snippets = await collect()
await rm(folder, { recursive: true, force: true })
await mkdir(folder)
try {
  process.exitCode = await compile(snippets)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function collect(): Promise<Snippet[]> {
  const files = [
    ...(await list('.', (name) => name.endsWith('.md'), false)),
    ...(await list('docs', (name) => name.endsWith('.md'), true)),
    ...(await list(
      'packages',
      (name) => /(\/src\/.*\.ts|README\.md)$/.test(name) && !name.includes('/gen/'),
      true,
    )),
  ]
  const found = await Promise.all(
    files.map(async (file) => extractSnippets(file, await readFile(join(root, file), 'utf8'))),
  )
  return found.flat()
}

async function list(
  from: string,
  keep: (path: string) => boolean,
  deep: boolean,
): Promise<string[]> {
  const folder = join(root, from)
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { recursive: deep, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .filter((path) => keep(path) && !path.includes('node_modules'))
}

async function compile(all: readonly Snippet[]): Promise<number> {
  const names = all.map((_, index) => `snippet-${index}.ts`)
  await Promise.all(
    all.map((snippet, index) =>
      writeFile(join(folder, names[index] ?? ''), `${snippet.code}\n\nexport {}\n`),
    ),
  )
  const config = {
    extends: '../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ['*.ts'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout, status } = spawnSync('npx', ['tsc', '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    cwd: root,
  })
  console.log(
    stdout.replace(/\S*snippet-(\d+)\.ts\((\d+),/g, (_, index, line) =>
      place(all[Number(index)], Number(line)),
    ),
  )
  console.log(`snippets: ${all.length} compiled, ${status === 0 ? 'all good' : 'with errors'}`)
  return status ?? 1
}

function place(snippet: Snippet | undefined, line: number): string {
  return snippet === undefined ? '?(' : `${snippet.file}(${snippet.line + line - 1},`
}
