import { kafkaError } from '../../protocol/kafka-error.ts'

/** Clients that do not know PRODUCER_FENCED are told INVALID_PRODUCER_EPOCH (KIP-588). */
export function fencedCode(errorCode: number, known: boolean): number {
  return errorCode === kafkaError.PRODUCER_FENCED && !known ? kafkaError.INVALID_PRODUCER_EPOCH : errorCode
}
