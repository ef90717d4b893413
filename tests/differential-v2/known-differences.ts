// Where etcd's versions differ among themselves, and the embedded server does as 3.4 and the documentation.

/** A difference that is meant. After it the servers differ, and nothing more can be compared. */
export interface KnownDifference {
  readonly name: string
  /** Why it is as it is. */
  readonly reason: string
  /** The versions of etcd that differ from the embedded server. */
  readonly versions: readonly string[]
  /** Whether that is what this answer of etcd comes from. */
  explains(answer: unknown): boolean
}

/** All of them. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    name: 'a directory cannot be updated',
    reason:
      'reference/server-v2.md, section 0: 3.5 fails at any update of a directory, so that its time to live cannot be changed',
    versions: ['3.5'],
    explains: (answer) => JSON.stringify(answer).includes(': Not a file ()'),
  },
]
