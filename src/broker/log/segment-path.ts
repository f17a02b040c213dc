/** What a segment consists of: its batches, and once it is full an index; what was known of producers when it began. */
export const segmentEndings = ['.log', '.idx', '.producers'] as const

/** In place of `.log` while a compaction writes it. */
export const cleanedEnding = '.cleaned'

/** Kafka's names: the first offset in twenty digits. */
export function segmentPath(folder: string, baseOffset: number, ending: string): string {
  return `${folder}/${String(baseOffset).padStart(20, '0')}${ending}`
}
