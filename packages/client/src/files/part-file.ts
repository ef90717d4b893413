// A file written beside its place and put there when it is whole, so that what has its name always is.

import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

// Only for the owner: what is written here may hold every secret of a cluster.
const mode = 0o600

/** File systems that cannot sync a folder say so in one of these ways; their names need no syncing, or cannot have any. */
const unsyncable: ReadonlySet<unknown> = new Set(['EINVAL', 'EISDIR', 'EPERM', 'ENOTSUP', 'EACCES'])

/** Where the bytes of `<path>` are until they are all there: `<path>.part`. */
export class PartFile {
  readonly #path: string
  readonly #part: string
  readonly #file: FileHandle
  /** Which file it is, whatever its name. */
  readonly #identity: string

  private constructor(path: string, file: FileHandle, identity: string) {
    this.#path = path
    this.#part = partOf(path)
    this.#file = file
    this.#identity = identity
  }

  /** Begins a file. A part that somebody left, or writes to at the same time, is taken out of the way. */
  static async create(path: string): Promise<PartFile> {
    await rm(partOf(path), { force: true })
    const file = await open(partOf(path), 'wx', mode)
    try {
      return new PartFile(path, file, identityOf(await file.stat({ bigint: true })))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Writes after what was written before. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.writeFile(bytes)
  }

  /** Makes sure that all of it is on the disk, and gives it its name. */
  async publish(): Promise<void> {
    await this.#file.sync()
    await this.#file.close()
    if (!(await this.#isInPlace())) {
      throw new Error(`${this.#part} was replaced by another file meanwhile`)
    }
    await rename(this.#part, this.#path)
    await syncFolder(dirname(this.#path))
  }

  /** Gives it up: nothing is left of it. Never throws. */
  async discard(): Promise<void> {
    // Closed already, if it was to be published.
    await this.#file.close().catch(() => undefined)
    if (await this.#isInPlace()) await rm(this.#part, { force: true }).catch(() => undefined)
  }

  async #isInPlace(): Promise<boolean> {
    const found = await stat(this.#part, { bigint: true }).catch(() => undefined)
    return found !== undefined && identityOf(found) === this.#identity
  }
}

function partOf(path: string): string {
  return `${path}.part`
}

function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`
}

// A name is on the disk when its folder is.
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (!unsyncable.has(code)) throw error
  }
}
