import type { AnyRequest } from '../../protocol/messages/request.ts'

interface TouchedPartition {
  readonly topic: string
  readonly partition: number
}

/** The partitions whose leader a request is meant for. */
export function touchedPartitions(request: AnyRequest): readonly TouchedPartition[] {
  switch (request.api) {
    case 'Produce':
      return request.body.topicData.flatMap(({ name, partitionData }) =>
        partitionData.map(({ index }) => ({ topic: name, partition: index })),
      )
    case 'Fetch':
    case 'OffsetForLeaderEpoch':
      return request.body.topics.flatMap(
        ({
          topic,
          partitions,
        }: {
          readonly topic: string
          readonly partitions: readonly { readonly partition: number }[]
        }) => partitions.map(({ partition }) => ({ topic, partition })),
      )
    case 'ListOffsets':
    case 'DeleteRecords':
      return request.body.topics.flatMap(
        ({
          name,
          partitions,
        }: {
          readonly name: string
          readonly partitions: readonly { readonly partitionIndex: number }[]
        }) => partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
      )
    default:
      return []
  }
}
