// The method table.

import {
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
} from '@bufbuild/protobuf'
import { docLines } from './doc.ts'
import { type Imports, messageModule, serviceModule } from './imports.ts'
import { commentOf } from './model.ts'

/** The options of `etcdkit/options.proto`. */
export interface OptionExtensions {
  readonly gateway: DescExtension
  readonly retry: DescExtension
}

/** By the numbers of `etcdkit.Retry`. */
const retryClasses: readonly (string | undefined)[] = [
  undefined,
  'repeatable',
  'non-repeatable',
  'stream',
]

/** Finds the options among all that was compiled. */
export function findOptions(files: readonly DescFile[]): OptionExtensions {
  const find = (typeName: string): DescExtension => {
    const found = files
      .flatMap((file) => file.extensions)
      .find((extension) => extension.typeName === typeName)
    if (found === undefined) throw new Error(`No option ${typeName}`)
    return found
  }
  return { gateway: find('etcdkit.gateway'), retry: find('etcdkit.retry') }
}

/** The code of a service. */
export function serviceLines(
  service: DescService,
  imports: Imports,
  options: OptionExtensions,
): string[] {
  const entries = service.methods.flatMap((method) => [
    ...docLines(commentOf(method), '  '),
    `  readonly ${method.localName}: ${methodType(method, imports)}`,
  ])
  return [
    // One by one, so that a bundler leaves out those that are not used.
    ...service.methods.flatMap((method) => methodLines(method, imports, options)),
    ...docLines(commentOf(service)),
    `export const ${service.name}: {`,
    ...entries,
    '} = {',
    ...service.methods.map(({ localName }) => `  ${localName},`),
    '}',
    '',
  ]
}

/** The list of every method of `services`. */
export function allMethodsLines(services: readonly DescService[], imports: Imports): string[] {
  const method = imports.type('Method', '../method.ts')
  const names = services.map((service) => imports.value(service.name, serviceModule(service)))
  return [
    '/** Every RPC, for those who serve or route them all. */',
    // Marked, so that a bundler leaves it out where it is not used, and all services with it.
    `export const allMethods: readonly ${method}[] = /* @__PURE__ */ (() => [`,
    ...names.map((name) => `  ...Object.values(${name}),`),
    '])()',
  ]
}

function kindOf(method: DescMethod): string {
  switch (method.methodKind) {
    case 'unary':
      return 'unary'
    case 'server_streaming':
      return 'server-streaming'
    case 'bidi_streaming':
      return 'bidi-streaming'
    default:
      throw new Error(`${method.toString()}: ${method.methodKind} is not supported`)
  }
}

function methodType(method: DescMethod, imports: Imports): string {
  const type = imports.type('Method', '../method.ts')
  const message = (desc: DescMessage): string => imports.value(desc.name, messageModule(desc.file))
  return `${type}<${message(method.input)}, ${message(method.output)}, '${kindOf(method)}'>`
}

function methodLines(method: DescMethod, imports: Imports, options: OptionExtensions): string[] {
  // The two options' types in options.proto: repeated string, and an enum.
  const paths = getOption(method, options.gateway) as readonly string[]
  const retry = retryClasses[getOption(method, options.retry) as number]
  if (retry === undefined) throw new Error(`${method.toString()}: no retry class`)
  if ((retry === 'stream') !== (method.methodKind !== 'unary')) {
    throw new Error(`${method.toString()}: retry class ${retry} for ${method.methodKind}`)
  }
  const service = method.parent.typeName
  return [
    ...docLines(commentOf(method)),
    `export const ${method.localName}: ${methodType(method, imports)} = {`,
    `  name: '${method.name}',`,
    `  service: '${service}',`,
    `  path: '/${service}/${method.name}',`,
    `  gatewayPaths: [${paths.map((path) => `'${path}'`).join(', ')}],`,
    `  kind: '${kindOf(method)}',`,
    `  retry: '${retry}',`,
    `  input: ${imports.value(method.input.name, messageModule(method.input.file))},`,
    `  output: ${imports.value(method.output.name, messageModule(method.output.file))},`,
    '}',
    '',
  ]
}
