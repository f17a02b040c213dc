import { kafkaError, type KafkaErrorName } from '../protocol/kafka-error.ts'

/** What a client asked for and does not get: an answer with a code of Kafka's, no failure of the broker. */
export class Refusal extends Error {
  readonly errorCode: number

  constructor(error: KafkaErrorName, message: string) {
    super(message)
    this.errorCode = kafkaError[error]
  }
}

export interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const done: Outcome = Object.freeze({ errorCode: kafkaError.NONE, errorMessage: null })

/** Whether it was done, as responses say it; what is no refusal is thrown on. */
export function outcomeOf(run: () => void): Outcome {
  try {
    run()
    return done
  } catch (error) {
    if (error instanceof Refusal) return { errorCode: error.errorCode, errorMessage: error.message }
    throw error
  }
}
