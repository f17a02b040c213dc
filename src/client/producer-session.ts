import type { PartitionQueue } from './partition-queue.ts'

/** Whom the batches of a producer are from: the part of sending in which transactions differ. */
export interface ProducerSession {
  /** Nothing is sent any more: what is not under way fails with it. */
  readonly failure: Error | undefined
  /** A batch of the queue may be sent, and its identity is the one to use. When not yet, whoever waits is told later. */
  admits(queue: PartitionQueue): boolean
  /**
   * The broker cannot place the first of the queue's batches, or takes the producer for another one. True: it is worth another try
   * when `admits` says so.
   */
  refused(queue: PartitionQueue, error: unknown): boolean
  /** A batch has failed for good. Returns what its records are told. */
  failed(error: Error): Error
}
