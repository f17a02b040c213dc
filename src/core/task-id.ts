/** A task: one sub-topology on one partition number. */
export interface TaskId {
  readonly subtopology: number
  readonly partition: number
}

/** `0_3`: sub-topology 0, partition 3, as Kafka Streams writes it. */
export function taskIdName(id: TaskId): string {
  return `${id.subtopology}_${id.partition}`
}
