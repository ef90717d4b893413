// Where generated things live, and how a generated file reaches them.

import { posix } from 'node:path'
import type { DescFile, DescService } from '@bufbuild/protobuf'

/** Path of the file of a .proto's messages and enums, from `src/gen`. */
export function messageModule(file: DescFile): string {
  return `${file.name}.ts`
}

/** Path of the file of a service, from `src/gen`. */
export function serviceModule(service: DescService): string {
  return `${service.file.name}-service.ts`
}

/** The imports of one generated file, as they come to be needed. */
export class Imports {
  readonly #from: string
  readonly #values = new Map<string, Set<string>>()
  readonly #types = new Map<string, Set<string>>()

  /** `from` is the path of the importing file, from `src/gen`. */
  constructor(from: string) {
    this.#from = from
  }

  /** Makes `name` of `module` (a path from `src/gen`) usable; returns `name`. */
  value(name: string, module: string): string {
    return this.#add(this.#values, name, module)
  }

  /** As `value`, where `name` is used as a type only. */
  type(name: string, module: string): string {
    return this.#add(this.#types, name, module)
  }

  /** The import statements, sorted, and an empty line. */
  lines(): string[] {
    const modules = [...new Set([...this.#values.keys(), ...this.#types.keys()])].sort()
    const lines = modules.map((module) => this.#statement(module))
    return lines.length === 0 ? [] : [...lines, '']
  }

  #add(into: Map<string, Set<string>>, name: string, module: string): string {
    if (module === this.#from) return name
    const names = into.get(module) ?? new Set()
    into.set(module, names.add(name))
    return name
  }

  #statement(module: string): string {
    const values = this.#values.get(module) ?? new Set()
    const types = [...(this.#types.get(module) ?? [])].filter((name) => !values.has(name)).sort()
    const relative = posix.relative(posix.dirname(this.#from), module)
    const path = relative.startsWith('.') ? relative : `./${relative}`
    if (values.size === 0) return `import type { ${types.join(', ')} } from '${path}'`
    const names = [...[...values].sort(), ...types.map((name) => `type ${name}`)]
    return `import { ${names.join(', ')} } from '${path}'`
  }
}
