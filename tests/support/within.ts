// Waits for what a server owes, though not for ever.

const usualLimitMs = 20_000

/** Something the server should have sent and did not. */
export class Unanswered extends Error {
  override readonly name: string = 'Unanswered'
}

/** What `answer` resolves with. Rejects with `Unanswered` when it takes longer; default: twenty seconds. */
export async function within<T>(
  answer: Promise<T>,
  what: string,
  limitMs: number = usualLimitMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = (): void => reject(new Unanswered(`${what}: none within ${limitMs} ms`))
    timer = setTimeout(fail, limitMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
