import type { Admin } from 'kafkajs'

export interface TopicOffsets {
  /** The first record that is still there, per partition. */
  readonly low: ReadonlyMap<number, number>
  /** Behind the last record, per partition. */
  readonly high: ReadonlyMap<number, number>
}

export async function topicOffsets(admin: Admin, topic: string): Promise<TopicOffsets> {
  const offsets = await admin.fetchTopicOffsets(topic)
  return {
    low: new Map(offsets.map(({ partition, low }) => [partition, Number(low)])),
    high: new Map(offsets.map(({ partition, high }) => [partition, Number(high)])),
  }
}

export function sumOf(offsets: ReadonlyMap<number, number>): number {
  return [...offsets.values()].reduce((sum, offset) => sum + offset, 0)
}
