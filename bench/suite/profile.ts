// Where the time of a measurement went, by who spent it: from a CPU profile of a bundle whose comments name its sources.

import { readFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'

/** A part of the time. */
export interface ProfilePart {
  /** Who spent it: a folder of ours, a package, Node, the garbage collector, or nobody, waiting. */
  readonly who: string
  /** Of the whole, 0 to 1. */
  readonly part: number
}

type CallFrame = Profiler.ProfileNode['callFrame']

/** As V8 names what is no function. */
const states: Readonly<Record<string, string>> = {
  '(idle)': 'waiting for the server',
  '(garbage collector)': 'garbage collection',
  '(program)': 'Node, outside JavaScript',
  '(root)': 'Node, outside JavaScript',
}
/** How a write to a socket shows. */
const writes = /^write(?:v|Buffer|Utf8String|Latin1String|AsciiString)$/
const sourceComment = /^\/\/ ((?:\.\.\/)*\S+\.[cm]?[jt]s)$/
const smallestPart = 0.005

/** The parts of a profile of `program`, largest first; what is less than half a percent is told together. */
export async function profileParts(profile: string, program: string): Promise<ProfilePart[]> {
  const {
    nodes,
    samples = [],
    timeDeltas = [],
  } = JSON.parse(await readFile(profile, 'utf8')) as Profiler.Profile
  const sources = sourcesOf(await readFile(program, 'utf8'))
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame, sources)]))
  const spent = new Map<string, number>()
  let total = 0
  for (const [index, id] of samples.entries()) {
    const micros = timeDeltas[index] ?? 0
    const who = owners.get(id) ?? 'unknown'
    spent.set(who, (spent.get(who) ?? 0) + micros)
    total += micros
  }
  const parts = [...spent].map(([who, micros]) => ({ who, part: micros / total }))
  const told = parts.filter(({ part }) => part >= smallestPart)
  const rest = 1 - told.reduce((sum, { part }) => sum + part, 0)
  return [...told.toSorted((a, b) => b.part - a.part), { who: 'the rest', part: rest }]
}

// The source of each line of a bundle.
function sourcesOf(bundle: string): string[] {
  let source = ''
  return bundle.split('\n').map((line) => {
    source = sourceComment.exec(line)?.[1] ?? source
    return source
  })
}

function ownerOf({ functionName, url, lineNumber }: CallFrame, sources: readonly string[]): string {
  const state = states[functionName]
  if (state !== undefined) return state
  if (url === '' && writes.test(functionName)) return 'writing to sockets'
  if (!url.startsWith('file:')) return url.startsWith('wasm:') ? 'undici’s parser' : 'Node'
  const source = sources[lineNumber] ?? ''
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]
  if (library !== undefined) return library
  const [, name, folder] = /packages\/(\w+)\/src\/(?:(\w+)\/)?/.exec(source) ?? []
  if (name === undefined) return 'the bench'
  return folder === undefined ? `etcdkit: ${name}` : `etcdkit: ${name}/${folder}`
}
