// Fails on an import that points up or sideways. Usage: node --import tsx tools/floors/check.ts

import { readdir, readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Floor, floors } from './table.ts'

/** An import that the table does not allow. */
export interface Fault {
  readonly file: string
  readonly specifier: string
  readonly reason: string
}

/** A source file, its path from the project's root. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** The package names of the workspace and the folders their doors are in. */
const doors: Readonly<Record<string, string>> = {
  '@etcdkit/protocol': 'packages/protocol/src',
  '@etcdkit/server': 'packages/server/src',
  etcdkit: 'packages/client/src',
}

const builtins = new Set(builtinModules)

/** The imports of these sources that the table does not allow. */
export function checkFloors(sources: readonly Source[], table: readonly Floor[] = floors): Fault[] {
  return sources.flatMap((source) => {
    const floor = floorOf(source.path, table)
    if (floor === undefined) {
      return [
        {
          file: source.path,
          specifier: '',
          reason: 'its folder has no floor in tools/floors/table.ts',
        },
      ]
    }
    return importsOf(source.text).flatMap((specifier) => {
      const reason = refusal(source.path, specifier, floor, table)
      return reason === undefined ? [] : [{ file: source.path, specifier, reason }]
    })
  })
}

/** The module specifiers a source imports or re-exports, types included. */
export function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const statements = code.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)
  return [...statements].map((match) => match[1] ?? '')
}

function floorOf(path: string, table: readonly Floor[]): Floor | undefined {
  return table
    .filter((floor) => path.startsWith(`${floor.folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0]
}

function refusal(
  path: string,
  specifier: string,
  floor: Floor,
  table: readonly Floor[],
): string | undefined {
  if (specifier.startsWith('node:') || builtins.has(specifier)) {
    return floor.node ? undefined : `${floor.folder} is for every runtime, not only Node`
  }
  const target = targetOf(path, specifier, table)
  if (target === undefined || target === floor.folder || floor.below.includes(target))
    return undefined
  return `${floor.folder} may not import from ${target}`
}

// The floor an import leads to; `undefined` for packages from outside, which package.json answers for.
function targetOf(path: string, specifier: string, table: readonly Floor[]): string | undefined {
  if (!specifier.startsWith('.')) {
    const door = Object.keys(doors).find(
      (name) => specifier === name || specifier.startsWith(`${name}/`),
    )
    return door === undefined ? undefined : doors[door]
  }
  const target = join(dirname(path), specifier).split(sep).join('/')
  return floorOf(target, table)?.folder ?? target
}

async function readSources(root: string): Promise<Source[]> {
  const packages = await readdir(join(root, 'packages'))
  const files = await Promise.all(
    packages.map((name) =>
      readdir(join(root, 'packages', name, 'src'), { recursive: true, withFileTypes: true }),
    ),
  )
  const sources = files.flat().filter((file) => file.isFile() && file.name.endsWith('.ts'))
  return Promise.all(
    sources.map(async (file) => {
      const path = join(file.parentPath, file.name)
      return { path: relative(root, path).split(sep).join('/'), text: await readFile(path, 'utf8') }
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sources = await readSources(fileURLToPath(new URL('../..', import.meta.url)))
  const faults = checkFloors(sources)
  for (const { file, specifier, reason } of faults)
    console.error(`${file}: ${specifier}: ${reason}`)
  console.log(`floors: ${sources.length} files, ${faults.length} faults`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
