import { kafkaError, type KafkaErrorName } from '../../protocol/kafka-error.ts'

/** Which record of a batch was refused (KIP-467). */
export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** Why nothing of a request was appended: an answer for the client, no failure of the broker. */
export class AppendRejection extends Error {
  readonly errorCode: number
  readonly recordErrors: readonly RecordError[]

  constructor(name: KafkaErrorName, message: string, recordErrors: readonly RecordError[] = []) {
    super(message)
    this.errorCode = kafkaError[name]
    this.recordErrors = recordErrors
  }
}
