import type { LogTruncation, NewBrokerTopic, LeaderMove } from './broker-control.ts'
import type { Fault } from './faults/fault.ts'

/** Makes things go wrong. */
export interface BrokerFaults {
  /** Requests that come from now on meet it, `times` of them. */
  inject(fault: Fault): Promise<void>
  /** Forgets what has not happened yet. */
  clear(): Promise<void>
  /** Closes all connections, or those of one client; how many there were. */
  dropConnections(clientId?: string): Promise<number>
  /** Another leader epoch, as if another broker had led the partition meanwhile; perhaps nobody leads it for a while. */
  moveLeader(move: LeaderMove): Promise<void>
  /**
   * The partition loses what it has from an offset on, and gets another leader epoch: as after an unclean leader election. Clients that
   * had read further meet FENCED_LEADER_EPOCH and OFFSET_OUT_OF_RANGE, or other records than before.
   *
   * @throws BrokerError when there is no such partition, or the offset is not in it
   */
  truncate(truncation: LogTruncation): Promise<void>
}

/** A broker that runs. */
export interface EmbeddedBroker {
  /** `host:port` */
  readonly bootstrap: string
  readonly host: string
  readonly port: number
  readonly faults: BrokerFaults
  /**
   * Makes a topic; clients see it at once.
   *
   * @throws BrokerError when there is one of that name, or it cannot be made so
   */
  createTopic(topic: NewBrokerTopic): Promise<void>
  /**
   * Deletes a topic with all its records.
   *
   * @throws BrokerError when there is none
   */
  deleteTopic(name: string): Promise<void>
  /** Deletes and compacts at once what is due by retention and compaction; otherwise that happens from time to time. */
  maintain(): Promise<void>
  /** Closes all connections and files. Nothing happens the second time. */
  stop(): Promise<void>
}
