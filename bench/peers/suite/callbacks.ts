// What the clients with callbacks have in common.

/** What they answer: etcd's own JSON. */
export interface CallbackAnswer {
  readonly node: { readonly value: string; readonly modifiedIndex: number }
}

export type AnswerCallback = (error: unknown, answer: CallbackAnswer) => void

/** A call of theirs as a promise. */
export function answerOf(call: (callback: AnswerCallback) => void): Promise<CallbackAnswer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)))
  })
}
