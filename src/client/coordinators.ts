import type { KafkaErrorName } from '../protocol/kafka-error.ts'
import { checkAnswer } from './broker-errors.ts'
import type { Transport } from './transport.ts'

/** What has a coordinator. */
export type CoordinatorKey = { readonly groupId: string } | { readonly transactionalId: string }

/** The errors after which a coordinator must be looked up again. */
const movedErrors: ReadonlySet<KafkaErrorName | undefined> = new Set([
  undefined,
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
])

/** The nodes that coordinate groups and transactional ids, remembered until somebody finds them wrong. */
export class Coordinators {
  readonly #transport: Transport
  readonly #known = new Map<string, Promise<number>>()

  constructor(transport: Transport) {
    this.#transport = transport
  }

  find(key: CoordinatorKey): Promise<number> {
    const name = nameOf(key)
    let found = this.#known.get(name)
    if (found === undefined) {
      found = this.#ask(key)
      this.#known.set(name, found)
      found.catch(() => this.#known.delete(name))
    }
    return found
  }

  forget(key: CoordinatorKey): void {
    this.#known.delete(nameOf(key))
  }

  /** Undefined: no broker answered. */
  forgetAfter(error: KafkaErrorName | undefined): void {
    if (movedErrors.has(error)) this.#known.clear()
  }

  async #ask(asked: CoordinatorKey): Promise<number> {
    const [key, keyType] = 'groupId' in asked ? [asked.groupId, 0] : [asked.transactionalId, 1]
    const answer = await this.#transport.send('any', 'FindCoordinator', (version) =>
      version < 4 ? { key, keyType } : { keyType, coordinatorKeys: [key] },
    )
    const found = answer.coordinators[0] ?? answer
    checkAnswer(found.errorCode, found.errorMessage)
    return found.nodeId
  }
}

function nameOf(key: CoordinatorKey): string {
  return 'groupId' in key ? `group ${key.groupId}` : `transaction ${key.transactionalId}`
}
