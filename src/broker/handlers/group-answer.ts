import { Refusal } from '../refusal.ts'
import type { RequestContext } from './handler.ts'

/** What waits for others ends when the connection does. A refusal is an answer too. */
export async function unlessGone<T>(
  answer: Promise<T>,
  { signal }: Pick<RequestContext, 'signal'>,
  refused: (errorCode: number) => T,
): Promise<T | null> {
  if (signal.aborted) return null
  let leave = (): void => {}
  const gone = new Promise<null>((resolve) => {
    leave = () => resolve(null)
    signal.addEventListener('abort', leave)
  })
  try {
    return await Promise.race([answer, gone])
  } catch (error) {
    if (error instanceof Refusal) return refused(error.errorCode)
    throw error
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
