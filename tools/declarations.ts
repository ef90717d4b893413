// Makes of a package's declarations what its users need: what no door leads to goes, and constructors that are not for
// them (marked `@internal`) become protected, with all that only these name.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A statement of a declaration file, with its comment. */
interface Statement {
  readonly text: string
  /** What it declares; `undefined` for what is needed with its file. */
  readonly name: string | undefined
}

interface Import {
  /** The names as they are imported, with `type` and `as`, by the name they have here. */
  readonly names: ReadonlyMap<string, string>
  readonly from: string
  readonly isTypeOnly: boolean
}

interface DeclarationFile {
  readonly imports: readonly Import[]
  readonly statements: readonly Statement[]
  /** The statements that are needed. */
  readonly needed: Set<Statement>
}

const internalConstructor = /^([ \t]*)\/\*\*[^*]*@internal \*\/\s*constructor\([\s\S]*?\);$/gm
const declaration =
  /^(?:export )?(?:declare )?(?:abstract )?(?:function|class|const|let|interface|type|enum) ([\w$]+)/m
const importStatement = /^import (type )?\{([^}]*)\} from '([^']+)';\n?/gm

/** Trims the declarations below `dist` to what `doors`, given from the package's folder, lead to. */
export async function trimDeclarations(dist: string, doors: readonly string[]): Promise<void> {
  const paths = (await readdir(dist, { recursive: true })).filter((path) => path.endsWith('.d.ts'))
  const files = new Map<string, DeclarationFile>()
  for (const path of paths) {
    files.set(join(dist, path), parse(await readFile(join(dist, path), 'utf8')))
  }
  for (const door of doors) needAll(files, join(dirname(dist), door))
  for (const [path, file] of files) {
    const text = print(file)
    await (text === '' ? rm(path) : writeFile(path, text))
  }
}

function parse(source: string): DeclarationFile {
  const text = source
    .replace(/^( {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4))
    .replace(internalConstructor, '$1protected constructor();')
  const imports = [...text.matchAll(importStatement)].map(
    ([, typeOnly, names = '', from = '']): Import => ({
      names: new Map(splitNames(names).map((name) => [localName(name), name])),
      from,
      isTypeOnly: typeOnly !== undefined,
    }),
  )
  // Statements begin at the margin, as tsc writes them; a comment belongs to what follows it.
  const parts = text
    .replace(importStatement, '')
    .split(/^(?=\/\*\*|(?:export|declare|type|interface|import) )/m)
  const statements: Statement[] = []
  let comment = ''
  for (const part of parts) {
    if (/^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.test(part)) {
      comment = part
      continue
    }
    statements.push({ text: comment + part, name: declaration.exec(part)?.[1] })
    comment = ''
  }
  return { imports, statements, needed: new Set() }
}

function splitNames(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function localName(name: string): string {
  return name.replace(/^type /, '').replace(/^.* as /, '')
}

type Files = ReadonlyMap<string, DeclarationFile>

function needAll(files: Files, path: string): void {
  for (const statement of files.get(path)?.statements ?? []) need(files, path, statement)
}

function need(files: Files, path: string, statement: Statement): void {
  const file = files.get(path)
  if (file === undefined || file.needed.has(statement)) return
  file.needed.add(statement)
  const used = wordsOf(statement)
  for (const other of file.statements) {
    if (other.name === undefined || used.has(other.name)) need(files, path, other)
  }
  for (const { names, from } of file.imports) {
    for (const [local, name] of names) {
      if (used.has(local)) needName(files, pathOf(path, from), importedName(name))
    }
  }
  for (const [, names = '', from = ''] of statement.text.matchAll(reexport)) {
    for (const name of splitNames(names)) needName(files, pathOf(path, from), importedName(name))
  }
}

const reexport = /^export (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm

function needName(files: Files, path: string, name: string): void {
  const file = files.get(path)
  if (file === undefined) return
  const statements = file.statements.filter(
    (statement) => statement.name === undefined || statement.name === name,
  )
  for (const statement of statements) need(files, path, statement)
}

function importedName(name: string): string {
  return name.replace(/^type /, '').replace(/ as .*$/, '')
}

function pathOf(from: string, specifier: string): string {
  return join(dirname(from), specifier.replace(/\.[jt]s$/, '.d.ts'))
}

// Comments name things that nobody needs for them.
function wordsOf({ text }: Statement): ReadonlySet<string> {
  return new Set(text.replace(/\/\*\*[\s\S]*?\*\//g, '').match(/[\w$]+/g))
}

function print({ imports, statements, needed }: DeclarationFile): string {
  const kept = statements.filter((statement) => needed.has(statement))
  if (kept.length === 0) return ''
  const used = new Set(kept.flatMap((statement) => [...wordsOf(statement)]))
  const lines = imports.flatMap(({ names, from, isTypeOnly }) => {
    const list = [...names].filter(([local]) => used.has(local)).map(([, name]) => name)
    return list.length === 0
      ? []
      : [`import ${isTypeOnly ? 'type ' : ''}{ ${list.join(', ')} } from '${from}';\n`]
  })
  return [...lines, ...kept.map(({ text }) => text)].join('')
}
