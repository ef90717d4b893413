// Whether two types are the same, for type tests: files that are compiled and never run.

/** `true` if the types are the same, `any` and `readonly` included. */
export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only if `T` is `true`: `expectTrue<Equal<typeof value, string>>()`. */
export declare function expectTrue<T extends true>(): T
